"""Trials in the prediction log: what a challenger and the champion answered since a step began, added up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.engine import Connection

from airlock.governance.tables import predictions

log = predictions.c


@dataclass(frozen=True)
class Tally:
    """What one version answered to the entities that asked it first: rows without a score are failures.

    `label` is the answer where answers are counted by label; `mean` and `variance` are of the scores.
    """

    version: int
    label: str | None
    rows: int
    answered: int
    mean: float | None
    variance: float | None


@dataclass(frozen=True)
class PairTally:
    """What a shadow answered to the champion's rows: how many, how often otherwise, and by how much."""

    rows: int
    answered: int
    changed: int
    mean: float | None
    variance: float | None


@dataclass(frozen=True)
class FirstAnswer:
    """The first answer to an entity, which version gave it, and about the event of which moment.

    A row about no entity is one of its own, with its id for a key.
    """

    entity_key: str
    event_time: datetime
    version: int
    score: float
    prediction: str


def tallies(
    conn: Connection, model: str, *, champion: int, challenger: int, since: datetime, by_label: bool
) -> tuple[Tally, ...]:
    """Add up what two versions answered through the API since a moment, each entity once.

    An entity belongs to the version that it met first, even if that one failed and the other answered for
    it. Rows without an entity are entities of their own.
    """
    first = _first(model, champion, challenger, since).subquery()
    label = first.c.prediction if by_label else sa.null()
    query = sa.select(
        first.c.version,
        label.label("label"),
        sa.func.count().label("rows"),
        sa.func.count(first.c.score).label("answered"),
        sa.func.avg(first.c.score).label("mean"),
        sa.func.var_samp(first.c.score).label("variance"),
    )
    groups = [first.c.version, first.c.prediction] if by_label else [first.c.version]
    rows = conn.execute(query.group_by(*groups).order_by(*groups))
    return tuple(Tally(**row._mapping) for row in rows)


def pairs(conn: Connection, model: str, *, champion: int, challenger: int, since: datetime) -> PairTally:
    """Add up how a shadow's answers differ from the champion's to the same rows, each entity once."""
    told, shadow = predictions.alias("told"), predictions.alias("shadow")
    entity = sa.func.coalesce(shadow.c.entity_key, shadow.c.run_key)
    once = (
        sa.select(
            shadow.c.score,
            (shadow.c.prediction != told.c.prediction).label("changed"),
            (shadow.c.score - told.c.score).label("difference"),
        )
        .join(told, told.c.id == sa.cast(shadow.c.run_key, told.c.id.type))
        .where(
            shadow.c.model == model,
            shadow.c.version == challenger,
            shadow.c.purpose == "shadow",
            shadow.c.scored_at >= since,
            shadow.c.run_key.is_not(None),
            told.c.version == champion,
            told.c.purpose == "decision",
        )
        .ext(distinct_on(entity))
        .order_by(entity, shadow.c.scored_at)
        .subquery()
    )
    answered = once.c.score.is_not(None)
    query = sa.select(
        sa.func.count().label("rows"),
        sa.func.count(once.c.score).label("answered"),
        sa.func.count().filter(answered & once.c.changed).label("changed"),
        sa.func.avg(once.c.difference).label("mean"),
        sa.func.var_samp(once.c.difference).label("variance"),
    )
    return PairTally(**conn.execute(query).one()._mapping)


def first_answers(
    conn: Connection, model: str, *, champion: int, challenger: int, since: datetime, until: datetime
) -> Iterator[FirstAnswer]:
    """Yield the first answer to each entity whose event was before `until`; failures are left out."""
    first = _first(model, champion, challenger, since).subquery()
    query = sa.select(
        first.c.entity_key, first.c.event_time, first.c.version, first.c.score, first.c.prediction
    ).where(first.c.score.is_not(None), first.c.event_time < until)
    for row in conn.execute(query.order_by(first.c.entity_key)):
        yield FirstAnswer(row.entity_key, row.event_time.astimezone(UTC), *row[2:])


def _first(model: str, champion: int, challenger: int, since: datetime) -> sa.Select:
    """Return the query for the first row of each entity that one of two versions was given."""
    # A challenger's failure carries the id of the champion's answer to the same row: they are one entity.
    entity = sa.func.coalesce(log.entity_key, log.run_key, sa.cast(log.id, sa.Text))
    told = (log.purpose == "decision") & log.version.in_([champion, challenger])
    failed = (log.purpose == "shadow") & (log.version == challenger) & log.score.is_(None)
    return (
        sa.select(entity.label("entity_key"), log.version, log.score, log.prediction, log.event_time)
        .where(log.model == model, log.source == "api", log.scored_at >= since, told | failed)
        .ext(distinct_on(entity))
        .order_by(entity, log.scored_at, log.score.is_not(None))
    )
