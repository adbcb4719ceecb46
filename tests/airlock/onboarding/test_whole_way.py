"""The whole way without a stack: drafted, answered, admitted, snapshot, validated, trained, judged."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from airlock.chain.admission import ADMISSIONS, admit
from airlock.chain.evaluation import evaluate_candidates
from airlock.chain.examination import examine
from airlock.chain.gate import Found, gate
from airlock.chain.inspection import inspect_snapshot
from airlock.chain.lineage import Lineage
from airlock.chain.training import make_candidate
from airlock.chain.validation import validate_snapshot
from airlock.data.snapshot import take_snapshot
from airlock.onboarding.checking import problems_of
from airlock.spec import load_model
from airlock.store import Store
from tests.airlock.onboarding.shop import (
    MANY,
    answer,
    customers,
    drafted,
    no_connection,
    own_include,
    write_csv,
)

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def judged(include: Path, name: str, store: Store, engine: Engine) -> dict[str, bool]:
    """Do what the tasks of a training do; return what each gate says."""
    spec, models = load_model(include, name), include / "models"
    taken = take_snapshot(
        spec, as_of=AS_OF, store=store, models=models, connect=no_connection, code_version="c0de"
    )
    validated = validate_snapshot(
        spec, taken.digest, store=store, models=models, engine=engine, dag_run_id="manual__1", at=AS_OF
    )
    assert not validated.result.failed
    inspected = inspect_snapshot(spec, validated.snapshot, store=store)
    assert not inspected.inspection.stopping
    lineage = Lineage("manual__1", "dana", "a test", AS_OF, validated.snapshot, "c0de")
    made = [
        make_candidate(spec, candidate, lineage, store=store, models=models)
        for candidate in spec.training.candidates
    ]
    evaluation = evaluate_candidates(spec, lineage.snapshot, made, champion_package=None, store=store)
    best = next(one["package"] for one in made if one["candidate"] == evaluation["best"])
    found = Found(
        admission=store.keep_json(ADMISSIONS, admit(spec, include=include).to_json()),
        validation=validated.digest,
        quarantine=validated.quarantine_digest,
        inspection=inspected.digest,
        evaluation=evaluation["evaluation"],
        examination=examine(spec, validated.snapshot, best, champion_package=None, store=store),
    )
    ruling = gate(spec, lineage, found, made=made, champion_version=None, store=store)
    return {verdict.gate: verdict.passed for verdict in ruling.verdicts}


@pytest.mark.usefixtures("mlflow_url")
def test_from_a_csv_to_the_gate_with_nothing_but_answers(tmp_path: Path, engine: Engine) -> None:
    include = own_include(tmp_path)
    drafted(include, write_csv(tmp_path / "customers.csv", customers(MANY)))
    answer(include)
    assert problems_of(include, "churn") == ()
    verdicts = judged(include, "churn", Store(tmp_path / "store"), engine)
    assert verdicts["rows"] and verdicts["roc_auc"], verdicts
    assert {"calibration_difference", "equalized_odds_difference"} <= verdicts.keys(), "groups are compared"
