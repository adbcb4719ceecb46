"""The nights up to one night, for triage: of the version that answered, and each who was asked about once."""

import uuid

import pytest
from sqlalchemy.engine import Engine

from airlock.chain import night_cause
from airlock.chain.recent_nights import recent_nights
from airlock.data.window import night_of
from airlock.governance.predictions import PredictionRow
from airlock.package.package import Package, open_package
from airlock.triage.facts import Facts
from airlock.triage.recent import MOST_NIGHTS, Recent
from tests.airlock.chain.nights import scored, watched
from tests.airlock.governance.records import log
from tests.airlock.lender import A_DAY_S_LOANS, ALSO_CALM, CALM, DAY, SHIFTED, Lender, Trained, deployed


@pytest.fixture
def package(lender: Lender, trained: Trained, engine: Engine) -> Package:
    """Version 1, which is champion."""
    deployed(engine, trained.package("linear"))
    return open_package(lender.store, trained.package("linear"))


def recent(lender: Lender, engine: Engine, package: Package) -> Recent:
    return recent_nights(package, 1, night_of(ALSO_CALM), lender.store, engine)


def answered(engine: Engine, entity: str, version: int = 1) -> None:
    """Log what the API answered about somebody in the night that `CALM` ends."""
    row = (uuid.uuid4(), "loans", version, "api", "decision", entity, {"income": 1.0}, 0.7, "true", None)
    with engine.begin() as conn:
        log(conn, [PredictionRow(*row, event_time=CALM - DAY / 2, scored_at=CALM)])


def test_a_night_is_taken_with_those_before_it(lender: Lender, engine: Engine, package: Package) -> None:
    scored(lender, engine, CALM, ALSO_CALM, SHIFTED)
    found = recent(lender, engine, package)
    assert (found.nights, found.rows.num_rows) == (MOST_NIGHTS, 2 * A_DAY_S_LOANS)


def test_who_was_asked_about_before_counts_once_and_others_of_that_night_too(
    lender: Lender, engine: Engine, package: Package
) -> None:
    scored(lender, engine, ALSO_CALM)
    somebody = recent(lender, engine, package).rows["entity_key"][0].as_py()
    answered(engine, somebody)
    answered(engine, "another")
    found = recent(lender, engine, package).rows
    assert found.num_rows == A_DAY_S_LOANS + 1
    assert found["entity_key"].to_pylist().count(somebody) == 1


def test_what_another_version_answered_is_left_out(lender: Lender, engine: Engine, package: Package) -> None:
    scored(lender, engine, ALSO_CALM)
    answered(engine, "another", version=2)
    assert recent(lender, engine, package).rows.num_rows == A_DAY_S_LOANS


def test_triage_may_ask_for_them_where_the_night_has_few_rows(
    lender: Lender, engine: Engine, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Facts] = []
    monkeypatch.setattr(night_cause, "find_cause", seen.append)
    scored(lender, engine, CALM, ALSO_CALM, SHIFTED)
    watched(lender, engine, SHIFTED)
    assert seen[-1].recent is not None
    assert seen[-1].recent().rows.num_rows == 3 * A_DAY_S_LOANS
    monkeypatch.setattr(night_cause, "ENOUGH_ROWS", A_DAY_S_LOANS)
    watched(lender, engine, SHIFTED)
    assert seen[-1].recent is None
