"""Outcomes that applications report: what came true, where a model's own source does not say it."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.engine import Connection

from airlock.governance.records import record_of
from airlock.governance.tables import outcomes, predictions


@dataclass(frozen=True)
class Report:
    """What came true of a decision or of an entity, one of the two, as text; and since when that is known."""

    decision_id: uuid.UUID | None
    entity_key: str | None
    outcome: str
    known_at: datetime


@dataclass(frozen=True)
class Known(Report):
    """A report as it is kept: with the client that passed it on, and when."""

    reported_by: str
    reported_at: datetime


def report(conn: Connection, model: str, reports: Sequence[Report], *, by: str, at: datetime) -> None:
    """Keep reports, all or none; nothing that was reported before is changed: the newest counts."""
    known = {"model": model, "reported_by": by, "reported_at": at}
    conn.execute(sa.insert(outcomes), [vars(one) | known for one in reports])


def of_decision(
    conn: Connection, model: str, decision_id: uuid.UUID, entity_key: str | None, since: datetime
) -> Known | None:
    """Return what was reported last to have come true of a decision, or of its entity since a moment."""
    about_entity = (outcomes.c.entity_key == entity_key) & (outcomes.c.known_at >= since)
    about = (outcomes.c.decision_id == decision_id) | (about_entity if entity_key else sa.false())
    columns = [outcomes.c[field.name] for field in fields(Known)]
    newest = sa.select(*columns).where(outcomes.c.model == model, about).order_by(outcomes.c.id.desc())
    row = conn.execute(newest.limit(1)).one_or_none()
    return None if row is None else record_of(Known, row)


def unknown_decisions(conn: Connection, model: str, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return which of some ids are no decisions of a model that the prediction log holds."""
    query = sa.select(predictions.c.id).where(
        predictions.c.id.in_(ids), predictions.c.model == model, predictions.c.purpose == "decision"
    )
    return set(ids) - set(conn.execute(query).scalars()) if ids else set()


def reported(
    conn: Connection,
    model: str,
    *,
    as_of: datetime,
    since: datetime | None = None,
    heard_by: datetime | None = None,
) -> dict[str, str]:
    """Return what was reported to be known at a moment, as text, by the key of what it is about.

    The key is the entity's, or the decision's id where it was about no entity. Of several reports about one
    thing the newest counts.

    Parameters
    ----------
    as_of
        What became known later does not exist.
    since
        Leave out what was known before this moment: it cannot be about later events.
    heard_by
        Leave out what was reported after this moment, whenever it was known; None leaves out nothing.
    """
    key = sa.func.coalesce(
        outcomes.c.entity_key, predictions.c.entity_key, sa.cast(outcomes.c.decision_id, sa.Text)
    )
    known = [outcomes.c.model == model, outcomes.c.known_at <= as_of]
    known += [] if since is None else [outcomes.c.known_at >= since]
    known += [] if heard_by is None else [outcomes.c.reported_at <= heard_by]
    query = (
        sa.select(key, outcomes.c.outcome)
        .outerjoin_from(outcomes, predictions, predictions.c.id == outcomes.c.decision_id)
        .where(*known)
        .ext(distinct_on(key))
        .order_by(key, outcomes.c.id.desc())
    )
    return {row[0]: row[1] for row in conn.execute(query)}
