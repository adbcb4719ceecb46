"""What people say of a model's decisions: what they contest, and what they think of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from airlock.governance.tables import contests, feedback
from airlock.ui.queries import NEWEST


@dataclass(frozen=True)
class Voices:
    """How many contests and how much feedback one model has, and the newest of each.

    Contests that wait for a person come first, the oldest of them at the top.
    """

    open: int
    upheld: int
    overturned: int
    contests: Sequence[RowMapping]
    agree: int
    disagree: int
    feedback: Sequence[RowMapping]


def voices(conn: Connection, model: str) -> Voices:
    """Return what people say of one model's decisions."""
    waiting = contests.c.state == "open"
    contested = (
        sa.select(contests)
        .where(contests.c.model == model)
        .order_by(waiting.desc(), sa.case((waiting, contests.c.id)), contests.c.id.desc())
        .limit(NEWEST)
    )
    said = sa.select(feedback).where(feedback.c.model == model).order_by(feedback.c.given_at.desc())
    states = _counts(conn, contests.c.state, model)
    verdicts = _counts(conn, feedback.c.verdict, model)
    return Voices(
        open=states.get("open", 0),
        upheld=states.get("upheld", 0),
        overturned=states.get("overturned", 0),
        contests=conn.execute(contested).mappings().all(),
        agree=verdicts.get("agree", 0),
        disagree=verdicts.get("disagree", 0),
        feedback=conn.execute(said.limit(NEWEST)).mappings().all(),
    )


def _counts(conn: Connection, column: sa.Column[str], model: str) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).where(column.table.c.model == model).group_by(column)
    return {row[0]: row[1] for row in conn.execute(query)}
