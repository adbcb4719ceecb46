"""Training snapshots past their time: nothing that was in use since then was trained on them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.digests import short
from airlock.governance import deletions
from airlock.governance.candidates import Candidate
from airlock.governance.deletions import Deletion
from airlock.governance.records import RecordError
from airlock.governance.tables import candidates, challengers, deployments, releases
from airlock.store import Store

#: Where the store keeps snapshots.
KIND = "snapshots"


class SnapshotDeleted(RecordError):
    """What a version was trained on was deleted by retention."""


def in_use(conn: Connection, since: datetime) -> set[str]:
    """Return the digests of the snapshots that something in use at or after a moment was trained on.

    In use is a candidate from its training on, and longer where it waits for its release, runs as a
    challenger, or serves.
    """
    one = candidates.c.id
    still = sa.exists().where(releases.c.candidate_id == one, releases.c.state.in_(("open", "approved")))
    served = _until(deployments.c.candidate_id == one, deployments.c.retired_at, since)
    beside = _until(challengers.c.candidate_id == one, challengers.c.ended_at, since)
    used = sa.or_(candidates.c.recorded_at >= since, still, served, beside)
    return set(conn.execute(sa.select(candidates.c.snapshot_digest).where(used).distinct()).scalars())


def delete(
    conn: Connection, model: str, digest: str, *, as_of: datetime, rows: int, run: str, by: str, at: datetime
) -> Deletion:
    """Record that a snapshot is deleted; its folder in the store is to be removed then.

    One that is in use stays, by an error of the database.
    """
    function = sa.func.delete_snapshot(model, digest, as_of, rows, run)
    return deletions.told(conn, conn.execute(sa.select(function)).scalar_one(), by=by, at=at)


def refuse_deleted(conn: Connection, candidate: Candidate, store: Store) -> None:
    """Raise where retention deleted what a candidate was trained on, and nothing has made it again since.

    Raises
    ------
    SnapshotDeleted
        With the day it was deleted.
    """
    found = deletions.of_snapshot(conn, candidate.snapshot_digest)
    if found and not store.has(KIND, candidate.snapshot_digest):
        raise SnapshotDeleted(
            f"{candidate.model} version {candidate.version} cannot be trained again: what it learned from, "
            f"the snapshot {short(candidate.snapshot_digest)}, was deleted by retention on "
            f"{found.deleted_at:%Y-%m-%d} (deletion {found.id}). That it was is all that is known of it."
        )


def _until(own: sa.ColumnElement[bool], end: sa.ColumnElement[datetime], since: datetime) -> sa.Exists:
    return sa.exists().where(own, sa.or_(end.is_(None), end >= since))
