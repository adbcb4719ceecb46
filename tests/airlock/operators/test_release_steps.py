"""A release as its tasks do it: what people answered decides, and nothing else."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.dossier.summary import summary
from airlock.governance import audit_log, deployments, releases
from airlock.governance.audit_log import Entry
from airlock.governance.candidates import Candidate
from airlock.governance.records import RecordError
from airlock.operators.announce import AnnounceOperator
from airlock.operators.assets import candidate_asset, champion_asset
from airlock.operators.close_release import CloseReleaseOperator
from airlock.operators.decide import DecideOperator
from airlock.operators.failure import ExplainedFailure
from airlock.operators.links import dossier_link, mlflow_run_link
from airlock.operators.open_release import OpenReleaseOperator
from airlock.operators.question import question
from airlock.operators.register import RegisterOperator
from airlock.operators.run import RunError
from airlock.training.mlflow_client import client
from tests.airlock.governance.records import MOMENT, approved_release, register
from tests.airlock.lender import Lender, Trained, deployed
from tests.airlock.operators.judging import judged
from tests.airlock.operators.releasing import (
    OWN,
    RUN,
    Answer,
    champion,
    decided,
    deploy,
    recorded,
    registered_again,
)
from tests.airlock.operators.running import context
from tests.post_office import PostOffice


def logged(engine: Engine) -> list[Entry]:
    with engine.connect() as conn:
        return list(audit_log.entries(conn))


def test_opening_takes_the_newest_candidate_and_sums_up_its_dossier(
    candidate: Candidate, engine: Engine
) -> None:
    opened = OpenReleaseOperator(task_id="open", **OWN).execute(RUN)
    assert opened == OpenReleaseOperator(task_id="open", **OWN).execute(RUN)
    assert opened == {"release": opened["release"], "version": candidate.version}
    release = recorded(engine, str(opened["release"]))
    assert (release.people, release.way) == (2, "full")
    shown = question(candidate, (), ())
    assert shown.startswith(summary(candidate.evidence))
    assert dossier_link(release.dossier_digest) in shown
    assert mlflow_run_link(candidate.mlflow_run_id) in shown


def test_opening_takes_the_version_of_the_event_or_the_one_asked_for(
    candidate: Candidate, engine: Engine
) -> None:
    recently = {"evidence": candidate.evidence, "recorded_at": candidate.recorded_at}
    with engine.begin() as conn:
        newer = register(conn, model="loans", version=900, **recently)
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


def test_a_release_that_was_overtaken_shows_what_serves_and_tells_nobody(
    release: str,
    candidate: Candidate,
    answer: Answer,
    trained: Trained,
    mlflow_url: str,
    engine: Engine,
    post: PostOffice,
) -> None:
    answer(1, "ria")
    answer(2, "omar")
    decided(release)
    deploy(release)
    newer = deployed(engine, trained.package("linear"), registered_again(trained)).version
    running = context("loans.release", run_id="asset__1")
    with pytest.raises(AirflowSkipException, match=f"does not serve any more, version {newer} does"):
        AnnounceOperator(task_id="announce", release=release, **OWN).execute(running)
    assert client().get_model_version_by_alias("loans", "champion").version == str(newer)
    assert post.mails == ()


@pytest.mark.parametrize(
    ("answers", "state", "reason"),
    [
        ([], "failed", "approve_1 failed. Nobody answered. Trigger loans.release again"),
        ([("ria", "Approve")], "failed", "approve_2 failed. Only ria answered; 2 people must approve."),
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
    ended = {f"approve_{slot}": "success" if slot <= len(answers) else "failed" for slot in (1, 2)}
    assert decided(release, ended) == "close"
    assert decided(release, ended) == "close"
    closed = recorded(engine, release)
    assert closed.state == state
    assert closed.reason.startswith(reason)
    for _ in range(2):
        CloseReleaseOperator(task_id="close", release=release, **OWN).execute(RUN)
    (mail,) = post.mails
    assert mail.recipients == "dana@airlock.example, omar@airlock.example, ria@airlock.example"
    assert closed.reason in " ".join(mail.text.split())
    with pytest.raises(ExplainedFailure, match=f"is {state}, not approved"):
        deploy(release)
    assert champion(engine) is None


def test_a_task_marked_as_success_deploys_nothing_and_is_recorded(
    release: str, answer: Answer, engine: Engine
) -> None:
    answer(1, "ria")  # and approve_2 was marked: it left no row
    with pytest.raises(ExplainedFailure, match="is open, not approved"):
        deploy(release)
    assert decided(release, {"approve_1": "success", "approve_2": "success"}) == "close"
    ended = recorded(engine, release)
    marked = "approve_2 was marked as success by hand, which approves nothing."
    assert (ended.state, ended.reason) == ("rejected", marked)
    assert logged(engine)[-1].facts["reason"] == marked
    assert champion(engine) is None


def test_a_skipped_approval_deploys_nothing_and_the_release_ends(release: str, engine: Engine) -> None:
    assert decided(release, {"approve_1": "skipped", "approve_2": "skipped"}) == "close"
    assert recorded(engine, release).reason.startswith("approve_1 was skipped by hand. Nobody answered.")


def test_a_release_that_has_ended_is_closed_without_a_decision(release: str, engine: Engine) -> None:
    with engine.begin() as conn:
        releases.close(conn, int(release), state="expired", reason="Nobody answered.", at=MOMENT)
    assert decided(release) == "close"
    assert recorded(engine, release).reason == "Nobody answered."


def test_where_no_release_was_opened_nothing_is_decided(installation: Lender) -> None:
    with pytest.raises(AirflowSkipException, match="No release was opened"):
        decided("")


def test_a_decision_that_was_marked_by_hand_closes_the_release(
    release: str, engine: Engine, post: PostOffice
) -> None:
    CloseReleaseOperator(task_id="close", release=release, **OWN).execute(RUN)
    ended = recorded(engine, release)
    assert (ended.state, ended.reason.split(":")[0]) == ("failed", "The run went on without a decision")


@pytest.mark.parametrize(
    ("way", "serves", "branch"),
    [
        ("canary", True, "challenge"),
        ("canary", False, "deploy"),
        ("full", True, "deploy"),
    ],
)
def test_what_serves_already_is_challenged_first_where_the_spec_says_so(
    candidate: Candidate, engine: Engine, way: releases.Way, serves: bool, branch: str
) -> None:
    with engine.begin() as conn:
        if serves:
            older = register(conn, model="loans", version=900)
            deployments.deploy(conn, approved_release(conn, older), older, MOMENT)
        newer = register(conn, model="loans", version=901)
        release = releases.open_release(
            conn, candidate=newer, dag_run_id=RUN["dag_run"].run_id, people=0, way=way, opened_at=MOMENT
        )
    assert decided(str(release.id)) == branch


def test_an_event_that_a_person_made_opens_no_release(candidate: Candidate, engine: Engine) -> None:
    forged = {candidate_asset("loans"): [{"version": candidate.version, "from_rest_api": True}]}
    with pytest.raises(RunError, match=r"made by hand.*Trigger loans\.release instead"):
        OpenReleaseOperator(task_id="open", **OWN).execute(
            context("loans.release", run_id="asset__9", events=forged)
        )
    assert [entry.act for entry in logged(engine)] == ["candidate_registered", "deployment_refused"]


def test_a_candidate_that_is_too_old_is_not_opened_and_that_is_recorded(
    candidate: Candidate, engine: Engine
) -> None:
    with engine.begin() as conn:
        old = register(conn, model="loans", version=900, evidence=candidate.evidence)  # of March
    with pytest.raises(RecordError, match="lets nothing out that is older than 60d"):
        OpenReleaseOperator(task_id="open", **OWN).execute(RUN)
    entry = logged(engine)[-1]
    assert (entry.act, entry.actor) == ("deployment_refused", "loans.release")
    assert (entry.facts["candidate"], entry.facts["version"]) == (old.id, 900)
    with engine.connect() as conn:
        assert releases.open_ones(conn) == ()


def test_a_release_of_an_older_candidate_is_superseded_when_it_is_opened(
    candidate: Candidate, engine: Engine
) -> None:
    with engine.begin() as conn:
        register(conn, model="loans", version=900)
    by_event = {candidate_asset("loans"): [{"version": candidate.version}]}
    opened = OpenReleaseOperator(task_id="open", **OWN).execute(
        context("loans.release", run_id="asset__3", events=by_event)
    )
    ended = recorded(engine, str(opened["release"]))
    assert (ended.state, ended.reason) == (
        "superseded",
        "Superseded: version 900 was registered in the meantime.",
    )


def test_a_step_of_another_run_does_nothing_to_a_release(
    release: str, answer: Answer, engine: Engine
) -> None:
    answer(1, "ria")
    answer(2, "omar")
    other = context("loans.release", run_id="asset__666")
    with pytest.raises(AirflowFailException, match="was opened by loans.release/asset__1"):
        DecideOperator(task_id="decide", release=release, **OWN).choose_branch(other)
    assert recorded(engine, release).state == "open"
    assert logged(engine)[-1].act == "deployment_refused"


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
    with pytest.raises(ExplainedFailure, match="is not in the evidence store"):
        deploy(release)
    assert champion(engine) is None
    assert recorded(engine, release).state == "failed"


@pytest.mark.parametrize(
    "file", ["dossier.html", "dossier.json", "model_card.docx", "model_card.md", "package/model.skops"]
)
def test_one_byte_changed_in_the_dossier_is_not_deployed(
    release: str,
    candidate: Candidate,
    answer: Answer,
    engine: Engine,
    installation: Lender,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    file: str,
) -> None:
    answer(1, "ria")
    answer(2, "omar")
    assert decided(release) == "deploy"
    store = shutil.copytree(installation.store.root, tmp_path / "store")
    monkeypatch.setenv("AIRLOCK_STORE", str(store))
    changed = store / "dossiers" / candidate.dossier / file
    content = bytearray(changed.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    with pytest.raises(ExplainedFailure, match="dossiers .* was changed"):
        deploy(release)
    assert champion(engine) is None
    assert recorded(engine, release).state == "failed"


def test_a_record_that_names_another_model_than_the_dossier_is_not_deployed(
    release: str, answer: Answer, engine: Engine, trained: Trained
) -> None:
    answer(1, "ria")
    answer(2, "omar")
    assert decided(release) == "deploy"
    other = trained.package("linear" if trained.evaluation["best"] == "trees" else "trees")
    with engine.begin() as conn:
        for table in ("candidates", "releases"):
            conn.execute(text(f"UPDATE {table} SET package_digest = :other"), {"other": other})
    with pytest.raises(
        ExplainedFailure, match="holds the model .* what was shown is not what would be deployed"
    ):
        deploy(release)
    assert champion(engine) is None


def test_approvers_are_told_once_that_a_newer_candidate_needs_no_answer_about_the_older(
    installation: Lender, trained: Trained, mlflow_url: str, engine: Engine, post: PostOffice
) -> None:
    with engine.begin() as conn:
        older = register(conn, model="loans", version=900)
        waiting = releases.open_release(
            conn, candidate=older, dag_run_id="asset__1", people=2, opened_at=MOMENT
        )
    running = context(run_id="manual__newer", user="dana")
    _, kept = judged(running, trained)
    for _ in range(2):
        RegisterOperator(task_id="register", **kept, **OWN).execute(running)
    assert recorded(engine, str(waiting.id)).state == "superseded"
    CloseReleaseOperator(task_id="close", release=str(waiting.id), **OWN).execute(RUN)
    (mail,) = post.mails
    assert mail.recipients == "dana@airlock.example, omar@airlock.example, ria@airlock.example"
    assert "Nobody needs to answer any more." in " ".join(mail.text.split())
