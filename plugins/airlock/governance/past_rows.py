"""Rows past their time: outcomes, feedback, why a decision was contested, and decided rows at fault."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import deletions
from airlock.governance.deletions import Deletion
from airlock.governance.tables import contests, feedback, outcomes, quarantine

Rows = Literal["outcomes", "feedback", "contests", "quarantine"]
ROWS: tuple[Rows, ...] = ("outcomes", "feedback", "contests", "quarantine")

#: What stands where the reason of a contest stood; the database writes it, too.
DELETED = "Deleted by retention."


def past(conn: Connection, kind: Rows, model: str, before: datetime, most: int) -> Sequence[int]:
    """Return the first ids of rows from before a moment that speak of nothing that is contested.

    Outcomes count from when they were reported, feedback from when it was given, contests and rows at fault
    from when a person decided: what waits for one is not past.
    """
    query, number = _past(kind, model, before)
    return conn.execute(sa.select(number).where(query).order_by(number).limit(most)).scalars().all()


def count_past(conn: Connection, kind: Rows, model: str, before: datetime) -> int:
    """Return how many ids `past` would return if it might return all."""
    query, number = _past(kind, model, before)
    return conn.execute(sa.select(sa.func.count(number)).where(query)).scalar_one()


def delete(
    conn: Connection, kind: Rows, model: str, ids: Sequence[int], *, run: str, by: str, at: datetime
) -> Deletion:
    """Delete rows; of a contest only its reason goes, and of a row at fault only its values.

    One that must be kept keeps them all, by an error of the database.
    """
    function = getattr(sa.func, f"delete_{kind}")(model, sa.cast(list(ids), sa.ARRAY(sa.BigInteger)), run)
    return deletions.told(conn, conn.execute(sa.select(function)).scalar_one(), by=by, at=at)


def contested(decision: sa.ColumnElement[bool], since: datetime) -> sa.Exists:
    """Say that a decision is contested: by an open contest, or one decided at or after a moment."""
    speaks = sa.or_(contests.c.decided_at.is_(None), contests.c.decided_at >= since)
    return sa.exists().where(decision, speaks)


def _past(kind: Rows, model: str, before: datetime) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[int]]:
    if kind == "contests":
        said = (contests.c.decided_at < before, contests.c.reason != DELETED)
        return sa.and_(contests.c.model == model, *said), contests.c.id
    if kind == "quarantine":
        settled = (quarantine.c.settled_at < before, sa.cast(quarantine.c.row, sa.Text) != "{}")
        return sa.and_(quarantine.c.model == model, *settled), quarantine.c.id
    table = outcomes if kind == "outcomes" else feedback
    heard = outcomes.c.reported_at if kind == "outcomes" else feedback.c.given_at
    free = ~contested(contests.c.decision_id == table.c.decision_id, before)
    return sa.and_(table.c.model == model, heard < before, free), table.c.id
