"""Deletions: what retention took, each act on record and in the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import audit_log
from airlock.governance.records import record_of
from airlock.governance.tables import deletions

Kind = Literal["answers", "batch", "outcomes", "feedback", "contests", "quarantine", "snapshot"]

#: What a night is judged by.
JUDGED: tuple[Kind, ...] = ("answers", "batch", "outcomes")


@dataclass(frozen=True)
class Deletion:
    """What one act of retention took.

    Attributes
    ----------
    kind
        Answers of the API, or those of one `batch`; outcomes or feedback that applications reported; the
        reasons of contests; the values of rows at fault; or one training snapshot.
    first_event, last_event
        Both included: of answers the events they were about; of outcomes since when they were known; of
        feedback and contests when they were given; of rows at fault when they were held; of a snapshot the
        moment it looked at the world.
    digest
        Of a batch: of its answers in the evidence store. Of a snapshot: its own. Of rows: the SHA-256 over
        the SHA-256 of each as JSON, by id.
    """

    id: int
    model: str
    kind: Kind
    rows: int
    first_event: datetime
    last_event: datetime
    digest: str
    run: str
    deleted_at: datetime


def find(conn: Connection, number: int) -> Deletion:
    """Return a deletion by its number."""
    return record_of(Deletion, conn.execute(sa.select(deletions).where(deletions.c.id == number)).one())


def told(conn: Connection, number: int, *, by: str, at: datetime) -> Deletion:
    """Write into the audit log what a function of the database just deleted, and return its record."""
    deletion = find(conn, number)
    audit_log.append(
        conn,
        "answers_deleted" if deletion.kind in ("answers", "batch") else "records_deleted",
        actor=by,
        at=at,
        model=deletion.model,
        run=deletion.run,
        facts={
            "deletion": deletion.id,
            "kind": deletion.kind,
            "rows": deletion.rows,
            "digest": deletion.digest,
            "first_event": deletion.first_event.isoformat(),
            "last_event": deletion.last_event.isoformat(),
        },
    )
    return deletion


def newest_between(conn: Connection, model: str, first: datetime, last: datetime) -> Deletion | None:
    """Return the newest deletion of answers or outcomes between two moments."""
    between = (deletions.c.first_event < last, deletions.c.last_event >= first)
    return _newest(conn, deletions.c.model == model, deletions.c.kind.in_(JUDGED), *between)


def of_snapshot(conn: Connection, digest: str) -> Deletion | None:
    """Return the newest deletion of a snapshot."""
    return _newest(conn, deletions.c.kind == "snapshot", deletions.c.digest == digest)


def _newest(conn: Connection, *conditions: sa.ColumnElement[bool]) -> Deletion | None:
    query = sa.select(deletions).where(*conditions).order_by(deletions.c.id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else record_of(Deletion, row)
