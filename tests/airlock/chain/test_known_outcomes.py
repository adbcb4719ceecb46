"""Outcomes that applications report are used where the model's source has none."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.chain.known_outcomes import known_outcomes
from airlock.data.read import NoRows
from airlock.data.window import Window, night_of
from airlock.governance.outcomes import Report, report
from airlock.governance.predictions import PredictionRow
from airlock.spec import ModelSpec
from airlock.spec.metrics import Task
from tests.airlock.chain.nights import scored, watched
from tests.airlock.governance.records import log
from tests.airlock.lender import A_DAY_S_LOANS, ALSO_CALM, CALM, DAY, NOTHING, Lender, Trained, deployed

NIGHT = night_of(CALM)
#: A loan's outcome reaches the lender's own table a day after it was asked for.
TOO_EARLY, IN_TIME = CALM - timedelta(minutes=1), CALM + DAY


@pytest.fixture
def loan(lender: Lender) -> str:
    """A loan of that night that was paid back, as the lender's own table has it."""
    own = "SELECT min(loan) FROM loans WHERE asked_at >= :start AND asked_at < :end AND NOT defaulted"
    with lender.warehouse.connect() as conn:
        return conn.execute(text(own), vars(NIGHT)).scalar_one()


def tell(engine: Engine, outcomes: dict[str, str], known_at: datetime = TOO_EARLY) -> None:
    with engine.begin() as conn:
        reports = [Report(None, key, outcome, known_at) for key, outcome in outcomes.items()]
        report(conn, "loans", reports, by="shop", at=known_at)


def known(
    lender: Lender, engine: Engine, as_of: datetime, window: Window = NIGHT, spec: ModelSpec | None = None
) -> dict[str, Any]:
    table = known_outcomes(
        spec or lender.spec,
        window,
        as_of=as_of,
        engine=engine,
        models=lender.models,
        connect=lender.connect,
    )
    found = spec or lender.spec
    assert table.column_names[:2] == [found.data.entity_key, found.data.target]
    assert not table[found.data.target].null_count
    return dict(zip(*(column.to_pylist() for column in table.columns[:2]), strict=True))


def test_a_report_counts_while_the_source_is_silent(lender: Lender, engine: Engine, loan: str) -> None:
    tell(engine, {loan: "true"})
    assert known(lender, engine, TOO_EARLY) == {loan: True}


def test_the_source_counts_once_it_speaks(lender: Lender, engine: Engine, loan: str) -> None:
    tell(engine, {loan: "true"})
    found = known(lender, engine, IN_TIME)
    assert len(found) == A_DAY_S_LOANS
    assert found[loan] is False


def test_a_report_about_what_the_source_never_had_counts(lender: Lender, engine: Engine) -> None:
    tell(engine, {"elsewhere": "false"})
    found = known(lender, engine, IN_TIME)
    assert len(found) == A_DAY_S_LOANS + 1
    assert found["elsewhere"] is False


def test_a_report_of_what_is_not_known_yet_does_not_count(lender: Lender, engine: Engine, loan: str) -> None:
    tell(engine, {loan: "true"}, known_at=CALM)
    assert known(lender, engine, TOO_EARLY) == {}


def test_where_the_source_gives_no_rows_the_reports_are_all_there_is(lender: Lender, engine: Engine) -> None:
    nothing = night_of(NOTHING)
    with pytest.raises(NoRows):
        known(lender, engine, NOTHING, nothing)
    tell(engine, {"elsewhere": "true"}, known_at=NOTHING)
    assert known(lender, engine, NOTHING, nothing) == {"elsewhere": True}


def test_a_text_that_is_no_value_of_the_target_counts_as_missing(lender: Lender, engine: Engine) -> None:
    tell(engine, {"one": "true", "two": "maybe"})
    assert known(lender, engine, TOO_EARLY) == {"one": True}


def test_numbers_and_texts_are_typed_as_the_source_types_them(lender: Lender, engine: Engine) -> None:
    tell(engine, {"one": "12.5", "two": "many"}, known_at=NOTHING)
    for target, told in (("income", {"one": 12.5}), ("housing", {"one": "12.5", "two": "many"})):
        data = lender.spec.data.model_copy(update={"target": target})
        task = Task.REGRESSION if target == "income" else Task.MULTICLASS
        spec = lender.spec.model_copy(update={"data": data, "task": task})
        found = known(lender, engine, NOTHING, night_of(NOTHING), spec)
        assert found == told


def answered(engine: Engine, rows: int) -> list[uuid.UUID]:
    """Log answers about no entity on the day before the calm night; return their ids."""
    at = datetime(2026, 1, 8, 12, tzinfo=UTC)
    facts: dict[str, Any] = {"income": 2500.0, "debt": 100.0, "housing": "own", "insured": True}
    made = [
        PredictionRow(
            id=uuid.UUID(int=number + 1),
            model="loans",
            version=1,
            source="api",
            purpose="decision",
            entity_key=None,
            features=facts,
            score=number / rows,
            prediction="true" if number * 2 > rows else "false",
            run_key=None,
            event_time=at,
            scored_at=at,
        )
        for number in range(rows)
    ]
    with engine.begin() as conn:
        log(conn, made)
    return [one.id for one in made]


def test_a_night_measures_answers_about_no_entity_by_what_was_reported_of_them(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    ids = answered(engine, A_DAY_S_LOANS)
    with engine.begin() as conn:
        reports = [
            Report(one, None, "true" if n * 2 > len(ids) else "false", CALM) for n, one in enumerate(ids)
        ]
        report(conn, "loans", reports, by="shop", at=CALM)
    seen = watched(lender, engine, CALM).measures["performance"]
    assert (seen["predictions"], seen["rows"]) == (A_DAY_S_LOANS, A_DAY_S_LOANS)
    assert seen["metrics"]["accuracy"] == 1.0


def test_a_night_measures_scored_entities_by_reports_that_came_before_the_source_s(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    scored(lender, engine, CALM, ALSO_CALM)
    before = watched(lender, engine, ALSO_CALM).measures["performance"]
    with lender.warehouse.connect() as conn:
        late = "SELECT loan FROM loans WHERE asked_at >= :start AND asked_at < :end"
        loans = list(conn.execute(text(late), vars(NIGHT)).scalars())
    tell(engine, dict.fromkeys(loans, "true"), known_at=ALSO_CALM)
    assert watched(lender, engine, ALSO_CALM).measures["performance"] == before, "the source speaks first"
