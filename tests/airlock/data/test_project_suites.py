"""The suites of the project's own models, on the data they are written for."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from airlock.data.read import read
from airlock.data.snapshot import Snapshot, take_snapshot
from airlock.data.validation import ValidationResult, load_suite, validate
from airlock.data.window import night_of
from airlock.samples.credit import Episode, World, create_tables, generate, load
from airlock.settings import ROOT
from airlock.spec import load_model, model_names
from airlock.store import Store

INCLUDE = ROOT / "include"
MODELS = INCLUDE / "models"
START, CHANGE, END = date(2025, 7, 1), date(2025, 11, 1), date(2026, 3, 1)
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("model", model_names(MODELS))
def test_a_suite_speaks_of_columns_that_are_read(model: str) -> None:
    suite = load_suite(MODELS / model / "expectations.json")
    spoken_of = {name for expectation in suite.expectations for name in expectation.columns}
    assert spoken_of == set(load_model(INCLUDE, model).data.read)


def test_the_tumours_meet_theirs(tmp_path: Path) -> None:
    def connect(name: str) -> sa.Engine:
        raise AssertionError(name)

    spec = load_model(INCLUDE, "tumour_diagnosis")
    taken = take_snapshot(
        spec, as_of=AS_OF, store=Store(tmp_path), models=MODELS, connect=connect, code_version="test"
    )
    assert taken.manifest["rows"] == 569
    assert result_on(taken, "tumour_diagnosis").success


@pytest.mark.parametrize("scenario", ["calm", "season", "covariate_shift", "concept_drift"])
def test_credit_meets_its_own_whatever_the_world_does(
    scenario: str, fresh_database: str, tmp_path: Path
) -> None:
    taken = credit(sa.create_engine(fresh_database), scenario, tmp_path)
    assert taken.manifest["rows_without_outcome"] == 0
    assert [check.sentence for check in result_on(taken, "credit_risk").failed] == []


def test_income_in_cents_stops_the_training_and_says_so(fresh_database: str, tmp_path: Path) -> None:
    taken = credit(sa.create_engine(fresh_database), "feed_fault", tmp_path, strength=0.05)
    failed = result_on(taken, "credit_risk").failed_critical
    assert {check.column for check in failed} == {"income"}
    assert all("EUR a month" in check.sentence for check in failed)


def test_income_in_cents_is_seen_in_one_night(fresh_database: str) -> None:
    spec = load_model(INCLUDE, "credit_risk")
    engine = filled(sa.create_engine(fresh_database), "feed_fault", 1.0)
    for moment, columns in ((datetime(2025, 10, 31, 3, tzinfo=UTC), set()), (AS_OF, {"income"})):
        night = read(spec, window=night_of(moment), as_of=moment, models=MODELS, connect=lambda name: engine)
        suite = load_suite(MODELS / "credit_risk" / "expectations.json")
        result = validate(night, suite, columns=[*spec.data.features, *spec.data.protected])
        assert {check.column for check in result.failed} == columns
        assert night["defaulted"].null_count == len(night)


def filled(engine: sa.Engine, scenario: str, strength: float) -> sa.Engine:
    world = World(applications_per_day=60, episodes=(Episode(scenario, CHANGE, strength=strength),))
    create_tables(engine)
    load(engine, generate(world, START, END))
    return engine


def credit(engine: sa.Engine, scenario: str, folder: Path, strength: float = 1.0) -> Snapshot:
    warehouse = filled(engine, scenario, strength)
    return take_snapshot(
        load_model(INCLUDE, "credit_risk"),
        as_of=AS_OF,
        store=Store(folder),
        models=MODELS,
        connect={"warehouse": warehouse}.__getitem__,
        code_version="test",
    )


def result_on(taken: Snapshot, model: str) -> ValidationResult:
    return validate(taken.table(), load_suite(MODELS / model / "expectations.json"))
