"""Scoring a night from the model's source: once, and never by a version that came later."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Engine

from tests.airlock.chain.nights import scored
from tests.airlock.lender import A_DAY_S_LOANS, ALSO_CALM, CALM, DAY, NOTHING, Lender, Trained, deployed


def logged(engine: Engine, columns: str = "run_key, version, count(*)") -> list[Any]:
    query = f"SELECT {columns} FROM predictions GROUP BY run_key, version ORDER BY run_key"
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(query))]


def test_every_loan_of_the_night_is_scored_by_the_champion(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"), 3)
    assert scored(lender, engine, CALM) == [
        {"night": "2026-01-09", "version": 3, "rows": A_DAY_S_LOANS, "kept": False}
    ]
    assert logged(engine, "run_key, version, count(*), min(event_time), max(event_time)") == [
        ("2026-01-09", 3, A_DAY_S_LOANS, CALM - DAY, CALM - timedelta(minutes=6))
    ]


def test_a_run_in_the_small_hours_scores_the_day_before(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    assert scored(lender, engine, CALM + timedelta(hours=1)) == scored(lender, engine, CALM)


def test_the_same_version_replaces_its_rows(lender: Lender, trained: Trained, engine: Engine) -> None:
    deployed(engine, trained.package("linear"))
    with engine.begin() as conn:
        ids = text("SELECT array_agg(id ORDER BY id) FROM predictions")
        scored(lender, engine, CALM)
        before = conn.execute(ids).scalar_one()
        scored(lender, engine, CALM)
        assert conn.execute(ids).scalar_one() == before
    assert logged(engine) == [("2026-01-09", 1, A_DAY_S_LOANS)]


def test_a_night_that_another_version_scored_keeps_its_answers(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"), 1)
    scored(lender, engine, CALM)
    deployed(engine, trained.package("trees"), 2)
    assert scored(lender, engine, CALM, ALSO_CALM) == [
        {"night": "2026-01-09", "version": 1, "rows": 0, "kept": True},
        {"night": "2026-01-10", "version": 2, "rows": A_DAY_S_LOANS, "kept": False},
    ]
    assert logged(engine) == [("2026-01-09", 1, A_DAY_S_LOANS), ("2026-01-10", 2, A_DAY_S_LOANS)]


def test_a_night_without_rows_is_none_scored_and_no_failure(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    assert scored(lender, engine, NOTHING) == [
        {"night": "2026-01-13", "version": 1, "rows": 0, "kept": False}
    ]
    assert logged(engine) == []
