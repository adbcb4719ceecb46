"""A training as its tasks do it, each with what the one before returned."""

from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy.engine import Engine

from airlock.governance.candidates import newest_registered
from airlock.operators.admit import AdmitOperator
from airlock.operators.assets import candidate_asset, retrain_asset
from airlock.operators.evaluate import EvaluateOperator
from airlock.operators.examine import ExamineOperator
from airlock.operators.failure import ExplainedFailure
from airlock.operators.gate import GateOperator
from airlock.operators.inspect import InspectOperator
from airlock.operators.refuse import RefuseOperator
from airlock.operators.register import RegisterOperator
from airlock.operators.run import RunError
from airlock.operators.snapshot import SnapshotOperator
from airlock.operators.train import TrainOperator
from airlock.operators.validate import ValidateOperator
from tests.airlock.lender import A_DAY_S_LOANS, NOTHING, TRAINED_AS_OF, Lender, Trained
from tests.airlock.operators.judging import judged
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

OWN = {"model": "loans", "spec_digest": "d" * 64}
PARAMS = {"reason": "monthly refresh", "as_of": TRAINED_AS_OF.isoformat()}


@pytest.fixture
def running(installation: Lender, mlflow_url: str) -> Iterator[Any]:
    """What Airflow gives every task of a run that dana started."""
    yield context(run_id="manual__steps", user="dana", params=PARAMS)


def test_a_training_from_the_source_to_a_registered_version(
    running: Any, engine: Engine, post: PostOffice
) -> None:
    admitted = AdmitOperator(task_id="admit", **OWN).execute(running)
    taken = SnapshotOperator(task_id="snapshot", **OWN).execute(running)
    assert taken["rows"] == 1680
    digest = taken["digest"]
    validated = ValidateOperator(task_id="validate", snapshot=digest, **OWN).execute(running)
    assert validated["page"] == f"loans/validations/{digest}.html"
    assert validated["snapshot"] == digest
    inspected = InspectOperator(task_id="inspect", snapshot=digest, **OWN).execute(running)
    made = [
        TrainOperator(task_id="train", snapshot=digest, candidate=name, **OWN).execute(running)
        for name in ("linear", "trees")
    ]
    evaluated = EvaluateOperator(task_id="evaluate", snapshot=digest, candidates=made, **OWN).execute(running)
    assert evaluated["champion_version"] is None
    judging = {"snapshot": digest, "candidates": made, "evaluation": evaluated}
    examined = ExamineOperator(task_id="examine", **judging, **OWN).execute(running)
    gate = GateOperator(
        task_id="gate",
        admission=admitted,
        validation=validated,
        inspection=inspected,
        examination=examined,
        **judging,
        **OWN,
    )
    assert gate.choose_branch(running) == "register"
    kept = {name: running["ti"].pushed[name] for name in ("evidence", "dossier")}
    facts = RegisterOperator(task_id="register", **kept, **OWN).execute(running)
    assert facts["dossier_digest"] == kept["dossier"]
    assert running["outlet_events"][candidate_asset("loans")].extra == facts
    with engine.connect() as conn:
        candidate = newest_registered(conn, "loans")
    assert candidate is not None
    assert (candidate.id, candidate.version) == (facts["candidate"], facts["version"])
    assert (candidate.trained_by, candidate.cause) == ("dana", "monthly refresh")
    assert candidate.dag_run_id == "manual__steps"
    assert candidate.as_of == TRAINED_AS_OF
    assert candidate.snapshot_digest == digest
    assert (candidate.evidence_digest, candidate.dossier) == (kept["evidence"], kept["dossier"])
    assert post.mails == ()


def test_a_candidate_that_fails_a_gate_is_refused_and_mailed_once(
    running: Any, trained: Trained, engine: Engine, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airlock.evaluation.gates.MINIMUM_ROWS", 10_000)
    branch, kept = judged(running, trained)
    assert branch == "refuse"
    for _ in range(2):
        refused = RefuseOperator(task_id="refuse", **kept, **OWN).execute(running)
    (mail,) = post.mails
    assert mail.recipients == "dana@airlock.example, oncall@airlock.example"
    assert refused["reason"] in " ".join(mail.text.split())
    assert f"/airlock/dossiers/{kept['dossier']}/dossier.html" in mail.text
    with engine.connect() as conn:
        assert newest_registered(conn, "loans") is None


def test_data_that_fail_the_suite_stop_the_run_and_are_mailed_once(
    running: Any, installation: Lender, post: PostOffice
) -> None:
    in_cents = context(user="dana", params={"reason": "refresh", "as_of": NOTHING.isoformat()})
    digest = SnapshotOperator(task_id="snapshot", **OWN).execute(in_cents)["digest"]
    validate = ValidateOperator(task_id="validate", snapshot=digest, **OWN)
    for _ in range(2):
        with pytest.raises(ExplainedFailure, match="The data fail the suite: .*EUR a month"):
            validate.execute(in_cents)
    (mail,) = post.mails
    assert mail.recipients == "dana@airlock.example, oncall@airlock.example"
    assert "EUR a month" in mail.text
    assert f"/airlock/pages/loans/validations/{digest}.html" in mail.text


def test_an_explained_failure_is_not_tried_again() -> None:
    assert issubclass(ExplainedFailure, AirflowFailException)


def test_a_training_that_a_night_asked_for_says_so(running: Any, installation: Lender) -> None:
    asked = {"cause": "debt has shifted.", "as_of": PARAMS["as_of"], "started_by": "loans.monitor"}
    by_night = context(run_id="asset__1", events={retrain_asset("loans"): [asked]})
    taken = SnapshotOperator(task_id="snapshot", **OWN).execute(by_night)
    assert taken == SnapshotOperator(task_id="snapshot", **OWN).execute(running)


def test_a_training_reads_as_far_back_as_the_night_asks(installation: Lender) -> None:
    asked = {"cause": "debt has shifted.", "as_of": PARAMS["as_of"], "history": "3d"}
    by_night = context(run_id="asset__1", events={retrain_asset("loans"): [asked]})
    taken = SnapshotOperator(task_id="snapshot", **OWN).execute(by_night)
    assert taken["rows"] == 3 * A_DAY_S_LOANS


def test_a_moment_that_cannot_be_used_reads_no_data(installation: Lender) -> None:
    with pytest.raises(RunError, match="has no time zone"):
        SnapshotOperator(task_id="snapshot", **OWN).execute(context(params={"as_of": "2026-01-09T00:00:00"}))
