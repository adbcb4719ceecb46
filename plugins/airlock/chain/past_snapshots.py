"""Snapshots past their time: what the evidence store keeps, held against what is still in use."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from airlock.data.snapshot import MANIFEST
from airlock.governance import deletions, past_snapshots
from airlock.governance.past_snapshots import KIND
from airlock.store import Store


@dataclass(frozen=True)
class OldSnapshot:
    """A snapshot that nothing in use was trained on; `kept_at` is when the store got it."""

    digest: str
    as_of: datetime
    rows: int
    kept_at: datetime


def snapshots_past(conn: Connection, store: Store, model: str, before: datetime) -> tuple[OldSnapshot, ...]:
    """Return a model's snapshots that were kept before a moment and that nothing used at or after it."""
    used = past_snapshots.in_use(conn, before)
    return tuple(one for one in _kept(store, model) if one.kept_at < before and one.digest not in used)


def models_of_snapshots(store: Store) -> set[str]:
    """Return the models of which the store keeps a snapshot."""
    return {json.loads(kept.content)["model"] for kept in store.each(KIND, MANIFEST)}


def note_deleted(conn: Connection, model: str, one: OldSnapshot, *, run: str, by: str, at: datetime) -> None:
    """Record that a snapshot is deleted, unless a run did that was killed before it removed the folder."""
    known = deletions.of_snapshot(conn, one.digest)
    if known is None or known.deleted_at < one.kept_at:
        past_snapshots.delete(conn, model, one.digest, as_of=one.as_of, rows=one.rows, run=run, by=by, at=at)


def _kept(store: Store, model: str) -> Iterator[OldSnapshot]:
    for kept in store.each(KIND, MANIFEST):
        manifest = json.loads(kept.content)
        if manifest["model"] == model:
            as_of = datetime.fromisoformat(manifest["as_of"])
            yield OldSnapshot(kept.digest, as_of, manifest["rows"], kept.kept_at)
