"""Nights of the lender, scored and watched as the chain does."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from sqlalchemy.engine import Engine

from airlock.chain.scoring import Part, finish, plan, score_part
from airlock.chain.watch import watch
from airlock.governance.nights import Night
from airlock.spec import ModelSpec
from tests.airlock.lender import DAY, Lender

AT = datetime(2026, 1, 20, tzinfo=UTC)


def scored(lender: Lender, engine: Engine, *ends: datetime, spec: ModelSpec | None = None) -> list[int]:
    """Score the nights that end then with the champion of now; return how many rows each has."""
    return [_scored(lender, engine, end, spec or lender.spec) for end in ends]


def _scored(lender: Lender, engine: Engine, end: datetime, spec: ModelSpec) -> int:
    parts = plan(spec, interval_end=end, engine=engine)
    for part in parts:
        score(lender, engine, part, spec)
    return finished(lender, engine, parts, spec)


def finished(lender: Lender, engine: Engine, parts: Sequence[Part], spec: ModelSpec | None = None) -> int:
    """Finish a night that was planned in these parts; return its rows."""
    night, version = date.fromisoformat(parts[0].night), parts[0].version
    return finish(spec or lender.spec, night, len(parts), version, store=lender.store, engine=engine, at=AT)


def score(
    lender: Lender,
    engine: Engine,
    part: Part,
    spec: ModelSpec | None = None,
    connect: Callable[[str], Engine] | None = None,
) -> int:
    """Score one part of a night."""
    return score_part(
        spec or lender.spec,
        part,
        as_of=datetime.fromisoformat(part.night).replace(tzinfo=UTC) + DAY,
        dag_run_id="scheduled__then",
        store=lender.store,
        engine=engine,
        models=lender.models,
        connect=connect or lender.connect,
        at=AT,
    )


def watched(
    lender: Lender, engine: Engine, end: datetime, spec: ModelSpec | None = None, at: datetime = AT
) -> Night:
    """Watch the night that ends then."""
    return watch(
        spec or lender.spec,
        interval_end=end,
        store=lender.store,
        engine=engine,
        models=lender.models,
        connect=lender.connect,
        at=at,
    )
