"""Retention: answers past their time are deleted, and that they were is on record."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import deletions
from airlock.governance.batches import Batch
from airlock.governance.deletions import Deletion
from airlock.governance.past_rows import DELETED, contested
from airlock.governance.records import RecordError, record_of
from airlock.governance.tables import (
    batches,
    candidates,
    challengers,
    contests,
    deleted_answers,
    feedback,
    incidents,
    outcomes,
    predictions,
    quarantine,
)

#: How much of a UUID's text names the batch that a decision belongs to.
BATCH_PART = 28

#: Incidents of these kinds hold nothing back: recorded nights show what was found, and answers prove nothing.
WITHOUT_EVIDENCE = ("drift", "performance", "estimate", "no_predictions", "indicator", "service")

#: Who deletes where no person asked for it.
BY_AIRLOCK = "retention"


class DecisionDeleted(RecordError):
    """What was answered was deleted by retention."""


@dataclass(frozen=True)
class Held:
    """Why nothing of a model may be deleted now; `since` where an incident is why."""

    reason: str
    incident: int | None = None
    since: datetime | None = None


def held_back(conn: Connection, model: str) -> Held | None:
    """Say why nothing of a model may be deleted now, or return None."""
    holding = sa.select(incidents.c.id, incidents.c.found_at).where(
        incidents.c.state == "open",
        incidents.c.kind.not_in(WITHOUT_EVIDENCE),
        incidents.c.model.is_(None) | (incidents.c.model == model),
    )
    if found := conn.execute(holding.order_by(incidents.c.id).limit(1)).one_or_none():
        why = f"Nothing of {model} is deleted while incident {found.id} is open. Settle it."
        return Held(why, found.id, found.found_at)
    runs = sa.select(challengers.c.version).where(
        challengers.c.model == model, challengers.c.ended_at.is_(None)
    )
    if version := conn.execute(runs).scalar_one_or_none():
        return Held(f"Nothing of {model} is deleted while version {version} is judged by what it answers.")
    return None


def models_kept(conn: Connection) -> set[str]:
    """Return the models of which the database keeps anything that retention would delete in time."""
    # Whatever was answered or reported is about a version, which a candidate became.
    model = sa.union(sa.select(candidates.c.model), sa.select(quarantine.c.model)).subquery().c.model
    kept = sa.or_(
        *(sa.exists().where(table.c.model == model) for table in (predictions, outcomes, feedback)),
        sa.exists().where(batches.c.model == model, batches.c.deletion_id.is_(None)),
        sa.exists().where(contests.c.model == model, contests.c.reason != DELETED),
        sa.exists().where(quarantine.c.model == model, sa.cast(quarantine.c.row, sa.Text) != "{}"),
    )
    return set(conn.execute(sa.select(model).where(kept)).scalars())


def answers_past(conn: Connection, model: str, before: datetime, most: int) -> Sequence[uuid.UUID]:
    """Return the oldest answers of the API that were given before a moment and that nobody contests."""
    past = sa.select(predictions.c.id).where(_past(model, before))
    return conn.execute(past.order_by(predictions.c.scored_at, predictions.c.id).limit(most)).scalars().all()


def count_past(conn: Connection, model: str, before: datetime) -> int:
    """Return how many answers of the API `answers_past` would return if it might return all."""
    return conn.execute(sa.select(sa.func.count()).where(_past(model, before))).scalar_one()


def batches_past(conn: Connection, model: str, before: datetime) -> tuple[Batch, ...]:
    """Return the batches that were scored before a moment; one with a contested decision is kept whole."""

    def named(column: sa.ColumnElement[uuid.UUID]) -> sa.ColumnElement[str]:
        return sa.func.left(sa.cast(column, sa.Text), BATCH_PART)

    free = ~contested(named(contests.c.decision_id) == named(batches.c.first_id), before)
    past = sa.select(batches).where(
        batches.c.model == model, batches.c.scored_at < before, batches.c.deletion_id.is_(None), free
    )
    return tuple(record_of(Batch, row) for row in conn.execute(past.order_by(batches.c.id)))


def delete_answers(
    conn: Connection, model: str, ids: Sequence[uuid.UUID], *, run: str, at: datetime, by: str = BY_AIRLOCK
) -> Deletion:
    """Delete answers of the API; one that must be kept keeps them all, by an error of the database."""
    asked = sa.func.delete_answers(model, sa.cast(list(ids), sa.ARRAY(sa.Uuid)), run)
    return deletions.told(conn, conn.execute(sa.select(asked)).scalar_one(), by=by, at=at)


def delete_batch(conn: Connection, batch: Batch, *, run: str, at: datetime, by: str = BY_AIRLOCK) -> Deletion:
    """Delete what is in the database of a batch's answers; its folder in the store is `to_remove` then."""
    asked = sa.func.delete_batch(batch.id, run)
    return deletions.told(conn, conn.execute(sa.select(asked)).scalar_one(), by=by, at=at)


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
    found = deletions.find(conn, number)
    raise DecisionDeleted(
        f"The decision {decision_id} was deleted by retention on {found.deleted_at:%Y-%m-%d}, as the spec of "
        f"{found.model} says (deletion {found.id}). That it was made is all that is known of it."
    )


def _past(model: str, before: datetime) -> sa.ColumnElement[bool]:
    free = ~contested(contests.c.decision_id == predictions.c.id, before)
    return sa.and_(predictions.c.model == model, predictions.c.scored_at < before, free)
