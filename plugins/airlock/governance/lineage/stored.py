"""What the evidence store says: snapshots, where they come from, and the rows of one entity in them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from airlock.governance.lineage.thing import Thing
from airlock.store import Store, StoreError

SNAPSHOTS = "snapshots"
DATA, MANIFEST = "data.parquet", "manifest.json"


def proof(store: Store, kind: str, digest: str) -> Thing:
    """Return a folder of the store as a thing, and whether it is still what its digest says."""
    try:
        folder = store.folder(f"{kind}s", digest)
    except StoreError as error:
        return Thing(kind, digest, str(error), {"proved": False})
    return Thing(kind, digest, f"Proved unchanged: {folder}.", {"proved": True, "folder": str(folder)})


def snapshot(store: Store, digest: str) -> Thing:
    """Return a snapshot with its source and, where it is what a quarantine left, the one it was made from."""
    kept = proof(store, "snapshot", digest)
    if not kept.facts["proved"]:
        return kept
    manifest = json.loads((store.local(SNAPSHOTS, digest) / MANIFEST).read_text(encoding="utf-8"))
    parts = [source(manifest)]
    if before := manifest.get("derived_from"):
        taken_out = manifest["quarantined"]
        parts.insert(0, Thing("snapshot", before, f"What was read; {taken_out:,} of its rows are held."))
    return Thing("snapshot", digest, _spelled(manifest), {**kept.facts, **manifest}, tuple(parts))


def source(manifest: Mapping[str, Any]) -> Thing:
    """Return what a snapshot was read from, with the whole query."""
    name, told = _named(manifest["source"])
    return Thing("source", name, told, manifest["source"])


def snapshots_of_source(store: Store, name: str) -> tuple[Thing, ...]:
    """Return every snapshot that was read from a source: a connection, a path or a function."""
    return tuple(
        Thing("snapshot", digest, _spelled(manifest), manifest)
        for digest, manifest in _every(store)
        if _named(manifest["source"])[0] == name
    )


def snapshots_with(store: Store, model: str, column: str, key: str) -> Iterator[Thing]:
    """Yield the snapshots of a model that hold rows of an entity; only that one column is read."""
    for digest, manifest in _every(store):
        if manifest["model"] == model and (rows := _rows_with(store, digest, column, key)):
            found = f"It holds {rows:,} row{'s' if rows > 1 else ''} of {key}. {_spelled(manifest)}"
            yield Thing("snapshot", digest, found, {**manifest, "rows_of_entity": rows})


def _rows_with(store: Store, digest: str, column: str, key: str) -> int:
    """Return how many rows have a key: row groups whose bounds exclude it are not read at all."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    with store.open(SNAPSHOTS, digest, DATA) as file:
        data = ds.ParquetFileFormat().make_fragment(file)
        if column not in data.physical_schema.names:
            return 0
        try:
            wanted = pa.scalar(key).cast(data.physical_schema.field(column).type)
        except pa.ArrowInvalid:
            return 0
        return int(data.count_rows(filter=ds.field(column) == wanted))


def _every(store: Store) -> list[tuple[str, dict[str, Any]]]:
    """Return the snapshots by digest, the earliest moment they look at first."""
    known = [(kept.digest, json.loads(kept.content)) for kept in store.each(SNAPSHOTS, MANIFEST)]
    return sorted(known, key=lambda one: (one[1]["as_of"], one[0]))


def _spelled(manifest: Mapping[str, Any]) -> str:
    window = manifest["window"]
    span = " ".join(
        f"{word} {window[key]}" for word, key in (("from", "start"), ("to", "end")) if window[key]
    )
    return (
        f"{manifest['rows']:,} rows of {manifest['model']} {span or 'of any time'}, as known at "
        f"{manifest['as_of']}, read by code {manifest['code_version']}."
    )


def _named(read: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name of a source and what it is."""
    if sql := read.get("sql"):
        return sql["connection"], f"A query through the connection {sql['connection']}: {sql['query']}"
    if file := read.get("file"):
        return file["path"], f"The {file['format']} file {file['path']}."
    function = read["callable"]["function"]
    return function, f"The function {function}, called with {read['callable'].get('arguments') or 'nothing'}."
