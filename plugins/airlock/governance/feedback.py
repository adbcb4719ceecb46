"""Feedback: what the people who work with decisions think of them."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance.records import record_of
from airlock.governance.tables import feedback

Opinion = Literal["agree", "disagree"]


@dataclass(frozen=True)
class Feedback:
    """What somebody thinks of one decision."""

    id: int
    decision_id: uuid.UUID
    model: str
    version: int
    verdict: Opinion
    comment: str
    given_by: str
    given_at: datetime


def give(
    conn: Connection,
    *,
    decision_id: uuid.UUID,
    model: str,
    version: int,
    verdict: Opinion,
    comment: str,
    given_by: str,
    at: datetime,
) -> Feedback:
    """Keep what somebody thinks of a decision; a decision may be spoken of as often as people like."""
    values = {
        "decision_id": decision_id,
        "model": model,
        "version": version,
        "verdict": verdict,
        "comment": comment,
        "given_by": given_by,
        "given_at": at,
    }
    return record_of(Feedback, conn.execute(sa.insert(feedback).values(values).returning(feedback)).one())


def verdicts(conn: Connection, model: str, day: date) -> dict[str, int]:
    """Return how often each verdict was given on a UTC day."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    given = (feedback.c.given_at >= start) & (feedback.c.given_at < start + timedelta(days=1))
    query = sa.select(feedback.c.verdict, sa.func.count()).where(feedback.c.model == model, given)
    return {row[0]: row[1] for row in conn.execute(query.group_by(feedback.c.verdict))}


def of_decision(conn: Connection, decision_id: uuid.UUID) -> tuple[Feedback, ...]:
    """Return what people think of a decision, oldest first."""
    query = sa.select(feedback).where(feedback.c.decision_id == decision_id).order_by(feedback.c.id)
    return tuple(record_of(Feedback, row) for row in conn.execute(query))
