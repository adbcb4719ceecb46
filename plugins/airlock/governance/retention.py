"""Retention: answers past their time are deleted, and that they were is on record."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import audit_log
from airlock.governance.batches import Batch
from airlock.governance.records import RecordError, record_of
from airlock.governance.tables import (
    batches,
    challengers,
    contests,
    deleted_answers,
    deletions,
    incidents,
    predictions,
)

#: How much of a UUID's text names the batch that a decision belongs to.
BATCH_PART = 28


class DecisionDeleted(RecordError):
    """What was answered was deleted by retention."""


@dataclass(frozen=True)
class Deletion:
    """What one act of retention took: answers of the API, or the answers of one batch.

    Attributes
    ----------
    first_event, last_event
        The events that the answers were about lie between these, both included.
    digest
        Of a batch: of its answers in the evidence store. Of answers of the API: the SHA-256 over the SHA-256
        of each row as JSON, by id.
    """

    id: int
    model: str
    kind: str
    rows: int
    first_event: datetime
    last_event: datetime
    digest: str
    run: str
    deleted_at: datetime


def held_back(conn: Connection, model: str) -> str | None:
    """Say why nothing of a model may be deleted now, or return None."""
    about = incidents.c.model.is_(None) | (incidents.c.model == model)
    is_open = sa.select(sa.func.min(incidents.c.id)).where(incidents.c.state == "open", about)
    if number := conn.execute(is_open).scalar_one():
        return f"Nothing of {model} is deleted while incident {number} is open. Settle it."
    runs = sa.select(challengers.c.version).where(
        challengers.c.model == model, challengers.c.ended_at.is_(None)
    )
    if version := conn.execute(runs).scalar_one_or_none():
        return f"Nothing of {model} is deleted while version {version} is judged by what it answers."
    return None


def answers_past(conn: Connection, model: str, before: datetime, most: int) -> Sequence[uuid.UUID]:
    """Return the oldest answers of the API that were given before a moment and that nobody contests."""
    contested = sa.exists().where(contests.c.decision_id == predictions.c.id)
    past = sa.select(predictions.c.id).where(
        predictions.c.model == model, predictions.c.scored_at < before, ~contested
    )
    return conn.execute(past.order_by(predictions.c.scored_at, predictions.c.id).limit(most)).scalars().all()


def count_past(conn: Connection, model: str, before: datetime) -> int:
    """Return how many answers of the API `answers_past` would return if it might return all."""
    contested = sa.exists().where(contests.c.decision_id == predictions.c.id)
    past = sa.select(sa.func.count()).where(
        predictions.c.model == model, predictions.c.scored_at < before, ~contested
    )
    return conn.execute(past).scalar_one()


def batches_past(conn: Connection, model: str, before: datetime) -> tuple[Batch, ...]:
    """Return the batches that were scored before a moment; one with a contested decision is kept whole."""

    def named(column: sa.ColumnElement[uuid.UUID]) -> sa.ColumnElement[str]:
        return sa.func.left(sa.cast(column, sa.Text), BATCH_PART)

    contested = sa.exists().where(named(contests.c.decision_id) == named(batches.c.first_id))
    past = sa.select(batches).where(
        batches.c.model == model, batches.c.scored_at < before, batches.c.deletion_id.is_(None), ~contested
    )
    return tuple(record_of(Batch, row) for row in conn.execute(past.order_by(batches.c.id)))


def delete_answers(
    conn: Connection, model: str, ids: Sequence[uuid.UUID], *, run: str, at: datetime
) -> Deletion:
    """Delete answers of the API; one that must be kept keeps them all, by an error of the database."""
    asked = sa.func.delete_answers(model, sa.cast(list(ids), sa.ARRAY(sa.Uuid)), run)
    return _logged(conn, conn.execute(sa.select(asked)).scalar_one(), at)


def delete_batch(conn: Connection, batch: Batch, *, run: str, at: datetime) -> Deletion:
    """Delete what is in the database of a batch's answers; its folder in the store is `to_remove` then."""
    return _logged(conn, conn.execute(sa.select(sa.func.delete_batch(batch.id, run))).scalar_one(), at)


def to_remove(conn: Connection, model: str) -> tuple[str, ...]:
    """Return the digests of a model's batches whose answers are deleted, and that no kept batch has too."""
    kept = sa.select(batches.c.answers_digest).where(batches.c.deletion_id.is_(None))
    gone = sa.select(batches.c.answers_digest).where(
        batches.c.model == model, batches.c.deletion_id.is_not(None), batches.c.answers_digest.not_in(kept)
    )
    return tuple(conn.execute(gone.distinct()).scalars())


def refuse_deleted(conn: Connection, decision_id: uuid.UUID, deletion_id: int | None = None) -> None:
    """Raise where a decision was deleted.

    Parameters
    ----------
    deletion_id
        Of the decision's batch; None for what may have been an answer of the API.

    Raises
    ------
    DecisionDeleted
        With the day it was deleted.
    """
    own = sa.select(deleted_answers.c.deletion_id).where(deleted_answers.c.id == decision_id)
    number = deletion_id or conn.execute(own).scalar_one_or_none()
    if number is None:
        return
    found = record_of(Deletion, conn.execute(sa.select(deletions).where(deletions.c.id == number)).one())
    raise DecisionDeleted(
        f"The decision {decision_id} was deleted by retention on {found.deleted_at:%Y-%m-%d}, as the spec of "
        f"{found.model} says (deletion {found.id}). That it was made is all that is known of it."
    )


def newest_between(conn: Connection, model: str, first: datetime, last: datetime) -> Deletion | None:
    """Return the newest deletion of answers about events between two moments."""
    query = sa.select(deletions).where(
        deletions.c.model == model, deletions.c.first_event < last, deletions.c.last_event >= first
    )
    row = conn.execute(query.order_by(deletions.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else record_of(Deletion, row)


def _logged(conn: Connection, number: int, at: datetime) -> Deletion:
    row = conn.execute(sa.select(deletions).where(deletions.c.id == number)).one()
    deletion = record_of(Deletion, row)
    audit_log.append(
        conn,
        "answers_deleted",
        actor="retention",
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
