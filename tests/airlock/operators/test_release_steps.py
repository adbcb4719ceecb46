"""A release as its tasks do it: what people answered decides, and nothing else."""

from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.evaluation.evidence import markdown
from airlock.governance.candidates import Candidate
from airlock.governance.deployments import DeploymentRefused
from airlock.operators.announce import AnnounceOperator
from airlock.operators.assets import candidate_asset, champion_asset
from airlock.operators.close_release import CloseReleaseOperator
from airlock.operators.links import mlflow_run_link
from airlock.operators.open_release import OpenReleaseOperator
from airlock.store import StoreError
from airlock.training.mlflow_client import client
from tests.airlock.governance.records import register
from tests.airlock.operators.releasing import OWN, RUN, Answer, champion, decided, deploy, recorded
from tests.airlock.operators.running import context
from tests.post_office import PostOffice


def test_opening_takes_the_newest_candidate_and_shows_its_evidence(
    candidate: Candidate, engine: Engine
) -> None:
    opened = OpenReleaseOperator(task_id="open", **OWN).execute(RUN)
    assert opened == OpenReleaseOperator(task_id="open", **OWN).execute(RUN)
    assert opened["version"] == candidate.version
    assert opened["evidence_digest"] == candidate.evidence_digest
    assert opened["evidence"].startswith(markdown(candidate.evidence))
    assert mlflow_run_link(candidate.mlflow_run_id) in opened["evidence"]
    assert recorded(engine, str(opened["release"])).people == 2


def test_opening_takes_the_version_of_the_event_or_the_one_asked_for(
    candidate: Candidate, engine: Engine
) -> None:
    with engine.begin() as conn:
        newer = register(conn, model="loans", version=900, evidence=candidate.evidence)
    event = {candidate_asset("loans"): [{"version": candidate.version}]}
    by_event = context("loans.release", run_id="asset__2", events=event)
    assert OpenReleaseOperator(task_id="open", **OWN).execute(by_event)["version"] == candidate.version
    by_hand = context("loans.release", run_id="manual__2", params={"version": 900}, events=event)
    assert OpenReleaseOperator(task_id="open", **OWN).execute(by_hand)["version"] == newer.version


def test_two_approvals_deploy(
    release: str, candidate: Candidate, answer: Answer, engine: Engine, post: PostOffice
) -> None:
    answer(1, "ria")
    answer(2, "omar")
    assert decided(release) == "deploy"
    assert recorded(engine, release).reason == "Approved by ria and omar."
    made = deploy(release)
    serving = champion(engine)
    assert serving is not None
    assert (serving.id, serving.version) == (made["deployment"], candidate.version)
    assert serving.package_digest == candidate.package_digest
    assert deploy(release) == made
    assert recorded(engine, release).state == "deployed"


def test_everybody_is_told_once_and_the_champion_shown(
    release: str, candidate: Candidate, answer: Answer, mlflow_url: str, post: PostOffice
) -> None:
    answer(1, "ria")
    answer(2, "omar")
    decided(release)
    deploy(release)
    for _ in range(2):
        AnnounceOperator(task_id="announce", release=release, **OWN).execute(RUN)
    (mail,) = post.mails
    assert mail.recipients == "dana@airlock.example, oncall@airlock.example"
    assert "ria approved: evidence read" in mail.text
    assert client().get_model_version_by_alias("loans", "champion").version == str(candidate.version)
    assert RUN["outlet_events"][champion_asset("loans")].extra == {
        "version": candidate.version,
        "package_digest": candidate.package_digest,
    }


@pytest.mark.parametrize(
    ("answers", "state", "reason"),
    [
        ([], "expired", "Nobody answered in time."),
        ([("ria", "Approve")], "expired", "Only ria answered in time; 2 people must approve."),
        ([("ria", "Approve"), ("omar", "Reject")], "rejected", "Rejected by omar: evidence read."),
        ([("ria", "Approve"), ("ria", "Approve")], "rejected", "ria answered twice"),
        ([("ria", "Approve"), ("dana", "Approve")], "rejected", "dana is not among the approvers"),
    ],
)
def test_anything_less_deploys_nothing_and_is_mailed_once(
    release: str,
    answer: Answer,
    engine: Engine,
    post: PostOffice,
    answers: list[tuple[str, str]],
    state: str,
    reason: str,
) -> None:
    for slot, (who, choice) in enumerate(answers, start=1):
        answer(slot, who, choice)
    assert decided(release) == "close"
    assert decided(release) == "close"
    closed = recorded(engine, release)
    assert closed.state == state
    assert closed.reason.startswith(reason)
    for _ in range(2):
        CloseReleaseOperator(task_id="close", release=release, **OWN).execute(RUN)
    (mail,) = post.mails
    assert mail.recipients == "dana@airlock.example, omar@airlock.example, ria@airlock.example"
    assert closed.reason in " ".join(mail.text.split())
    with pytest.raises(DeploymentRefused, match=f"is {state}, not approved"):
        deploy(release)
    assert champion(engine) is None


def test_a_task_marked_as_success_deploys_nothing(release: str, answer: Answer, engine: Engine) -> None:
    answer(1, "ria")  # and approve_2 was marked: it left no row
    with pytest.raises(DeploymentRefused, match="is open, not approved"):
        deploy(release)
    assert decided(release) == "close"
    assert champion(engine) is None


def test_a_newer_candidate_supersedes(release: str, answer: Answer, engine: Engine) -> None:
    answer(1, "ria")
    answer(2, "omar")
    with engine.begin() as conn:
        register(conn, model="loans", version=900)
    assert decided(release) == "close"
    assert recorded(engine, release).state == "superseded"


def test_a_package_that_is_not_what_was_approved_is_not_deployed(
    release: str, answer: Answer, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    answer(1, "ria")
    answer(2, "omar")
    assert decided(release) == "deploy"
    monkeypatch.setenv("AIRLOCK_STORE", str(tmp_path / "empty"))
    with pytest.raises(StoreError, match="is not in the evidence store"):
        deploy(release)
    assert champion(engine) is None
    assert recorded(engine, release).state == "approved"
