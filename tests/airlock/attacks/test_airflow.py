"""Somebody who may do everything in Airflow: mark and clear tasks, edit what they returned, make events."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy.engine import Engine

from airlock.governance import audit_log, releases
from airlock.governance.audit_log import Entry
from airlock.governance.candidates import Candidate, newest_registered
from airlock.governance.records import RecordError
from airlock.operators.admit import AdmitOperator
from airlock.operators.assets import retrain_asset
from airlock.operators.drill import DrillOperator
from airlock.operators.failure import ExplainedFailure
from airlock.operators.handle_incident import HandleIncidentOperator
from airlock.operators.manage_keys import ManageKeysOperator
from airlock.operators.open_release import OpenReleaseOperator
from airlock.operators.register import RegisterOperator
from airlock.operators.reproduce import ReproduceOperator
from airlock.operators.restore import RestoreOperator
from airlock.operators.roll_back import RollBackOperator
from airlock.operators.run import BY_A_TASK, MadeByHand, RunError
from airlock.operators.settle_quarantine import SettleQuarantineOperator
from airlock.operators.train import TrainOperator
from tests.airlock.governance.records import MOMENT, register
from tests.airlock.lender import Trained
from tests.airlock.operators.judging import judged
from tests.airlock.operators.releasing import OWN, Answer, champion, decided, deploy, recorded
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

Log = Callable[..., list[Entry]]


def test_a_deploy_that_is_cleared_before_anybody_decided_deploys_nothing(
    release: str, answer: Answer, engine: Engine, log: Log, post: PostOffice
) -> None:
    answer(1, "ria")
    with pytest.raises(ExplainedFailure, match=f"Release {release} of loans is open, not approved"):
        deploy(release)
    assert champion(engine) is None
    assert recorded(engine, release).state == "open"
    assert log("deployment_refused")[-1].facts["release"] == int(release)


def test_a_deploy_that_is_cleared_for_a_rejected_release_deploys_nothing(
    release: str, answer: Answer, engine: Engine, log: Log, post: PostOffice
) -> None:
    answer(1, "ria")
    answer(2, "omar", "Reject")
    assert decided(release) == "close"
    with pytest.raises(ExplainedFailure, match="is rejected, not approved"):
        deploy(release)
    assert champion(engine) is None
    assert log("deployment_refused")[-1].facts["release"] == int(release)


def test_a_run_that_takes_the_name_of_an_approved_release_brings_nothing_else_in(
    release: str, answer: Answer, candidate: Candidate, engine: Engine, log: Log
) -> None:
    """Delete the run of an approved release, and trigger another under its name with another version."""
    answer(1, "ria")
    answer(2, "omar")
    assert decided(release) == "deploy"
    with engine.begin() as conn:
        bad = register(conn, model="loans", version=900, **_recently(candidate))
    again = context("loans.release", run_id="asset__1", user="dana", params={"version": 900})
    with pytest.raises(RecordError, match="a record is never changed"):
        OpenReleaseOperator(task_id="open", **OWN).execute(again)
    assert champion(engine) is None
    assert recorded(engine, release).candidate_id == candidate.id
    refused = log("deployment_refused")[-1]
    assert (refused.actor, refused.facts["candidate"]) == ("dana", bad.id)


@pytest.mark.parametrize("edited", ["evidence", "dossier"])
def test_what_the_gate_returned_is_edited_to_another_run_s_and_nothing_is_registered(
    candidate: Candidate, trained: Trained, engine: Engine, log: Log, edited: str
) -> None:
    """Point `register` at what another run has made; the one who started that run is not this one's."""
    running = context(run_id="manual__mine", user="mika")
    _, kept = judged(running, trained)
    theirs = {"evidence": candidate.evidence_digest, "dossier": candidate.dossier}
    with pytest.raises(AirflowFailException, match="gate returned was changed|holds the evidence"):
        RegisterOperator(task_id="register", **kept | {edited: theirs[edited]}, **OWN).execute(running)
    with engine.connect() as conn:
        assert newest_registered(conn, "loans") == candidate
    refused = log("deployment_refused")[-1]
    assert (refused.actor, refused.run) == ("mika", "loans.train/manual__mine")


def test_an_event_that_a_person_made_trains_nothing_under_nobody_s_name(
    installation: Any, engine: Engine, log: Log
) -> None:
    event: Mapping[str, Any] = {"started_by": "loans.monitor", "from_rest_api": True}
    forged = {retrain_asset("loans"): [event]}
    with pytest.raises(MadeByHand, match="Trigger loans.train instead"):
        AdmitOperator(task_id="admit", **OWN).execute(context(run_id="asset__9", events=forged))
    (refused,) = log()
    assert (refused.act, refused.actor, refused.facts["act"]) == ("act_refused", "unknown", "train")
    with engine.connect() as conn:
        assert releases.open_ones(conn) == ()


@pytest.mark.parametrize(
    ("run_id", "conf"),
    [
        ("x1", {"mode": "search"}),
        ("intake__version_7", {"mode": "search"}),
        ("intake__version_7", {"mode": "search", "version": 7}),
        ("intake__version_8", {"mode": "external", "version": 8}),
        ("x1", {"mode": "external", "version": 7}),
        ("intake__version_None", {"mode": "external", "version": None}),
    ],
)
def test_what_find_returned_is_edited_and_nothing_is_trained_in_another_s_name(
    installation: Any, engine: Engine, log: Log, run_id: str, conf: dict[str, Any]
) -> None:
    """Give the intake's task `train` another run to start; only version 7 was found in MLflow."""
    _found(engine, 7, "vera")
    told = conf | {"started_by": "mlflow:vera", "reason": "version 7 was registered in MLflow by hand"}
    running = context(run_id=run_id, run_type=BY_A_TASK, user="mika", conf=told, params=told)
    with pytest.raises(MadeByHand, match=r"triggered by a task.*Trigger loans\.train instead"):
        AdmitOperator(task_id="admit", **OWN).execute(running)
    refused = log()[-1]
    assert (refused.act, refused.actor, refused.facts["act"]) == ("act_refused", "unknown", "train")
    marked = TrainOperator(task_id="train", candidate="linear", snapshot="s", **OWN)
    with pytest.raises(MadeByHand):  # though admit be marked as success
        marked.execute(running)


def test_what_find_returned_is_edited_and_another_model_s_version_is_not_taken_in(
    installation: Any, engine: Engine
) -> None:
    _found(engine, 7, "vera", model="credit_risk")
    conf = {"mode": "external", "version": 7}
    running = context(run_id="intake__version_7", run_type=BY_A_TASK, conf=conf, params=conf)
    with pytest.raises(MadeByHand):
        AdmitOperator(task_id="admit", **OWN).execute(running)


@pytest.mark.parametrize(
    ("dag", "operator", "act"),
    [
        ("keys", ManageKeysOperator, "manage_keys"),
        ("rollback", RollBackOperator, "roll_back"),
        ("restore", RestoreOperator, "restore"),
        ("quarantine", SettleQuarantineOperator, "settle_quarantine"),
        ("incident", HandleIncidentOperator, "handle_incident"),
        ("drill", DrillOperator, "roll_back"),
    ],
)
@pytest.mark.parametrize("user", ["mika", None])
def test_what_find_returned_is_edited_and_no_act_of_a_person_is_done_in_another_s_name(
    installation: Any,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    dag: str,
    operator: Any,
    act: str,
    user: str | None,
) -> None:
    """Airflow gives a run that a task triggered the user of that task's own run: mika's, or nobody's."""
    monkeypatch.setenv("AIRLOCK_DRILL", "1")
    running = context(dag, run_id="x1", run_type=BY_A_TASK, user=user, params={"model": "loans"})
    with pytest.raises(RunError, match="Nobody is known to have triggered this run"):
        operator(task_id="act").execute(running)
    (refused,) = log()
    assert (refused.act, refused.actor, refused.facts["act"]) == ("act_refused", "unknown", act)


@pytest.mark.parametrize("operator", [OpenReleaseOperator, ReproduceOperator])
def test_what_find_returned_is_edited_and_no_version_is_released_or_made_again(
    candidate: Candidate, engine: Engine, log: Log, operator: Any
) -> None:
    kind = "release" if operator is OpenReleaseOperator else "reproduce"
    running = context(f"loans.{kind}", run_id="x1", run_type=BY_A_TASK, user="mika")
    with pytest.raises(RunError):
        operator(task_id="first", **OWN).execute(running)
    with engine.connect() as conn:
        assert releases.open_ones(conn) == ()
    refused = log()[-1]
    assert refused.act in ("deployment_refused", "act_refused") and refused.actor != "mika"


def _found(engine: Engine, version: int, registered_by: str, model: str = "loans") -> None:
    """Write into the audit log what the intake writes of a version."""
    with engine.begin() as conn:
        facts = {"version": version, "registered_by": registered_by, "mlflow_run_id": None, "source": "s"}
        at = {"actor": "intake", "at": MOMENT, "run": "intake/scheduled__1"}
        audit_log.append(conn, "version_found", model=model, facts=facts, **at)


def _recently(candidate: Candidate) -> dict[str, Any]:
    return {"evidence": candidate.evidence, "recorded_at": candidate.recorded_at}
