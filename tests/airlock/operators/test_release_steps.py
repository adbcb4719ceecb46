"""A release as its tasks do it: what people answered decides, and nothing else."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.dossier.errors import DossierError
from airlock.dossier.summary import summary
from airlock.governance.candidates import Candidate
from airlock.governance.deployments import DeploymentRefused
from airlock.operators.announce import AnnounceOperator
from airlock.operators.assets import candidate_asset, champion_asset
from airlock.operators.close_release import CloseReleaseOperator
from airlock.operators.links import dossier_link, mlflow_run_link
from airlock.operators.open_release import OpenReleaseOperator
from airlock.store import StoreError
from airlock.training.mlflow_client import client
from tests.airlock.governance.records import register
from tests.airlock.lender import Lender, Trained
from tests.airlock.operators.releasing import OWN, RUN, Answer, champion, decided, deploy, recorded
from tests.airlock.operators.running import context
from tests.post_office import PostOffice


def test_opening_takes_the_newest_candidate_and_sums_up_its_dossier(
    candidate: Candidate, engine: Engine
) -> None:
    opened = OpenReleaseOperator(task_id="open", **OWN).execute(RUN)
    assert opened == OpenReleaseOperator(task_id="open", **OWN).execute(RUN)
    assert opened["version"] == candidate.version
    assert opened["dossier_digest"] == candidate.dossier
    assert opened["summary"].startswith(summary(candidate.evidence))
    assert dossier_link(candidate.dossier) in opened["summary"]
    assert mlflow_run_link(candidate.mlflow_run_id) in opened["summary"]
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
    with pytest.raises(StoreError, match="dossiers .* was changed"):
        deploy(release)
    assert champion(engine) is None
    assert recorded(engine, release).state == "approved"


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
    with pytest.raises(DossierError, match="holds the model .* what was shown is not what would be deployed"):
        deploy(release)
    assert champion(engine) is None
