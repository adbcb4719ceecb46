"""The indicators of the project's own models, on the data they are written for."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from airlock.data.errors import DataError
from airlock.data.number import read_number
from airlock.data.window import Window
from airlock.samples.credit import World, create_tables, generate, load
from airlock.settings import ROOT
from airlock.spec import load_model
from airlock.spec.catalogue import entry_for

INCLUDE = ROOT / "include"
SPEC = load_model(INCLUDE, "credit_risk")
FIRST = date(2025, 11, 1)
KNOWN = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_catalogue_allows_what_they_read() -> None:
    assert entry_for(SPEC, INCLUDE) is not None


def test_the_defaulted_money_is_what_the_world_holds(new_database: Callable[[], str]) -> None:
    engine = sa.create_engine(new_database())
    create_tables(engine)
    drawn = generate(World(applications_per_day=60), FIRST, FIRST + timedelta(days=35))
    load(engine, drawn)

    def read(window: Window) -> float:
        return read_number(
            SPEC,
            "defaulted_money",
            window=window,
            as_of=KNOWN,
            models=INCLUDE / "models",
            connect={"warehouse": engine}.__getitem__,
        )

    start = datetime(2025, 11, 3, tzinfo=UTC)
    end = start + SPEC.monitoring.indicators["defaulted_money"].window
    loans = drawn.applications.merge(drawn.outcomes, on="application_id")
    loans = loans[(loans.applied_at >= start) & (loans.applied_at < end)]
    lost = 100 * loans[loans.defaulted].amount.sum() / loans.amount.sum()
    assert read(Window(start, end)) == pytest.approx(lost, rel=1e-12)
    with pytest.raises(DataError, match=r"gives nothing \(NULL\)"):
        read(Window(KNOWN - timedelta(days=1), KNOWN))
