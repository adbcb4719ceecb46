"""Nights of the lender, scored and watched as the chain does."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import Engine

from airlock.chain.scoring import score_source
from airlock.chain.watch import watch
from airlock.governance.deployments import champion
from airlock.governance.nights import Night
from airlock.spec import ModelSpec
from tests.airlock.lender import Lender

AT = datetime(2026, 1, 20, tzinfo=UTC)


def scored(lender: Lender, engine: Engine, *ends: datetime) -> list[dict[str, Any]]:
    """Score the nights that end then with the champion of now."""
    with engine.connect() as conn:
        serving = champion(conn, "loans")
    assert serving is not None
    return [
        score_source(
            lender.spec,
            serving,
            interval_end=end,
            store=lender.store,
            engine=engine,
            models=lender.models,
            connect=lender.connect,
            at=AT,
        )
        for end in ends
    ]


def watched(lender: Lender, engine: Engine, end: datetime, spec: ModelSpec | None = None) -> Night:
    """Watch the night that ends then."""
    return watch(
        spec or lender.spec,
        interval_end=end,
        store=lender.store,
        engine=engine,
        models=lender.models,
        connect=lender.connect,
        at=AT,
    )
