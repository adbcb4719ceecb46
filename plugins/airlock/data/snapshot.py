"""Snapshots: the rows a training may see, kept unchanged under the digest of their content."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Engine

from airlock.data.errors import DataError
from airlock.data.kinds import convert
from airlock.data.read import read
from airlock.data.window import Window, training_window
from airlock.spec.model import ModelSpec
from airlock.store import Store

KIND = "snapshots"
DATA, MANIFEST = "data.parquet", "manifest.json"
ROW_GROUP = 1 << 17


@dataclass(frozen=True)
class Snapshot:
    """One data set in the evidence store; the manifest says what it is and where it came from."""

    digest: str
    folder: Path
    manifest: dict[str, Any]

    def table(self) -> pa.Table:
        """Return the rows."""
        return pq.ParquetFile(self.folder / DATA).read()


def take_snapshot(
    spec: ModelSpec,
    *,
    as_of: datetime,
    store: Store,
    models: Path,
    connect: Callable[[str], Engine],
    code_version: str,
    history: timedelta | None = None,
) -> Snapshot:
    """Read what a training at `as_of` may see and keep it; the same content gives the same digest.

    It reads as far back as `history` says, or else the spec. Rows whose outcome was not known are left out,
    and counted in the manifest.

    Raises
    ------
    DataError
        When the source or what it gives cannot be used, or no row's outcome was known.
    """
    window = training_window(spec.data, as_of, history)
    rows = read(spec, window=window, as_of=as_of, models=models, connect=connect)
    known = rows.filter(pc.is_valid(rows[spec.data.target])).combine_chunks()
    _require_outcomes(spec, known, window, as_of)
    manifest = _manifest(spec, known, window, as_of, code_version)
    manifest["rows_without_outcome"] = rows.num_rows - known.num_rows
    return _keep(store, known, manifest)


def without(snapshot: Snapshot, kept: pa.Table, *, store: Store) -> Snapshot:
    """Keep what is left of a snapshot as another one, whose manifest names the one it comes from."""
    manifest = snapshot.manifest | {
        "rows": kept.num_rows,
        "derived_from": snapshot.digest,
        "quarantined": snapshot.manifest["rows"] - kept.num_rows,
    }
    return _keep(store, kept.combine_chunks(), manifest)


def _keep(store: Store, rows: pa.Table, manifest: dict[str, Any]) -> Snapshot:
    with store.staging() as folder:
        pq.write_table(rows, folder / DATA, row_group_size=ROW_GROUP, compression="zstd")
        text = json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
        digest = store.keep(KIND, folder)
    return Snapshot(digest, store.local(KIND, digest), manifest)


def open_snapshot(store: Store, digest: str) -> Snapshot:
    """Return a kept snapshot, proved unchanged.

    Raises
    ------
    StoreError
        When it is missing or was changed.
    """
    folder = store.folder(KIND, digest)
    return Snapshot(digest, folder, json.loads((folder / MANIFEST).read_text(encoding="utf-8")))


def _manifest(
    spec: ModelSpec, rows: pa.Table, window: Window, as_of: datetime, code_version: str
) -> dict[str, Any]:
    columns = [
        {"name": name, "type": str(rows.schema.field(name).type)}
        | spec.data.columns[name].model_dump(mode="json", include={"role", "classification", "unit"})
        for name in rows.column_names
    ]
    return {
        "model": spec.name,
        "source": spec.data.source.model_dump(mode="json", exclude_none=True),
        "as_of": as_of.isoformat(),
        "window": {
            "start": window.start and window.start.isoformat(),
            "end": window.end and window.end.isoformat(),
        },
        "rows": rows.num_rows,
        "columns": columns,
        "code_version": code_version,
    }


def _require_outcomes(spec: ModelSpec, known: pa.Table, window: Window, as_of: datetime) -> None:
    target = spec.data.target
    if known.num_rows == 0:
        raise DataError(
            spec.name,
            "data.target",
            f"no row {window} has a value of {target!r} that was known as of {as_of:%Y-%m-%d %H:%M} UTC.",
            "Look whether outcomes have arrived, or write a longer outcome_delay.",
        )
    if spec.data.positive is None:
        return
    positive = convert(pa.array([spec.data.positive]), spec.data.columns[target])[0].as_py()
    found = known[target].unique().to_pylist()
    if positive not in found:
        raise DataError(
            spec.name,
            "data.positive",
            f"no row {window} has {target!r} at {positive!r}, the value that counts as yes; "
            f"found: {', '.join(sorted(repr(value) for value in found))}.",
            "Write the value as the data spell it.",
        )
