"""Somebody who may do everything in Airflow: mark and clear tasks, edit what they returned, make events."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy.engine import Engine

from airlock.governance import releases
from airlock.governance.audit_log import Entry
from airlock.governance.candidates import Candidate, newest_registered
from airlock.governance.records import RecordError
from airlock.operators.admit import AdmitOperator
from airlock.operators.assets import retrain_asset
from airlock.operators.failure import ExplainedFailure
from airlock.operators.open_release import OpenReleaseOperator
from airlock.operators.register import RegisterOperator
from airlock.operators.run import MadeByHand
from tests.airlock.governance.records import register
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


def _recently(candidate: Candidate) -> dict[str, Any]:
    return {"evidence": candidate.evidence, "recorded_at": candidate.recorded_at}
