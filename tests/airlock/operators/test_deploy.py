"""What is kept out of production is on record with its reason, fails its release, and is mailed once."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.governance import audit_log, deployments
from airlock.governance.audit_log import Entry
from airlock.governance.candidates import Candidate
from airlock.operators.deploy import DeployOperator
from airlock.operators.failure import ExplainedFailure
from tests.airlock.governance.records import MOMENT, approved_release, register
from tests.airlock.lender import Lender
from tests.airlock.operators.releasing import OWN, Answer, champion, decided, deploy, recorded
from tests.airlock.operators.running import context
from tests.post_office import PostOffice


@pytest.fixture
def approved(release: str, answer: Answer) -> str:
    answer(1, "ria")
    answer(2, "omar")
    assert decided(release) == "deploy"
    return release


def refusals(engine: Engine) -> list[Entry]:
    with engine.connect() as conn:
        return [row for row in audit_log.entries(conn) if row.act == "deployment_refused"]


def forge(engine: Engine, statement: str) -> None:
    with engine.begin() as conn:
        assert conn.execute(text(statement)).rowcount == 1


def test_a_changed_dossier_is_refused_recorded_and_mailed(
    approved: str,
    candidate: Candidate,
    engine: Engine,
    post: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("AIRLOCK_STORE", str(tmp_path / "empty"))
    for _ in range(2):
        with pytest.raises(
            ExplainedFailure, match="Nothing was deployed. dossiers .* is not in the evidence"
        ):
            deploy(approved)
    failed = recorded(engine, approved)
    assert failed.state == "failed"
    assert champion(engine) is None
    first = refusals(engine)[0]
    assert (first.actor, first.model, first.run) == ("loans.release", "loans", "loans.release/asset__1")
    assert first.facts == {
        "release": int(approved),
        "candidate": candidate.id,
        "package_digest": candidate.package_digest,
        "dossier_digest": candidate.dossier,
        "reason": failed.reason,
    }
    (mail,) = post.mails
    assert mail.recipients == (
        "dana@airlock.example, omar@airlock.example, oncall@airlock.example, ria@airlock.example"
    )
    assert f"version {candidate.version} was kept out of production" in mail.subject
    assert "ria approved: evidence read" in mail.text


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ("UPDATE approvals SET responder = 'mallory' WHERE slot = 2", "that mallory gave answer 2"),
        ("UPDATE releases SET people = 1", "that it was opened so, for 1 people"),
        ("UPDATE candidates SET trained_by = 'vera'", "that vera trained it as it is"),
        ("""UPDATE candidates SET evidence = '{"roc_auc": 1}'""", "The evidence of candidate"),
        ("UPDATE releases SET dossier_digest = repeat('a', 64)", "dossiers aaaaaaaaaaaa is not in the"),
    ],
)
def test_a_record_changed_after_the_decision_is_refused_and_recorded(
    approved: str, engine: Engine, post: PostOffice, change: str, because: str
) -> None:
    forge(engine, change)
    with pytest.raises(ExplainedFailure, match=because):
        deploy(approved)
    assert champion(engine) is None
    assert recorded(engine, approved).state == "failed"
    assert because in refusals(engine)[0].facts["reason"]
    assert len(post.mails) == 1


def test_a_candidate_that_waited_too_long_is_refused(
    approved: str, candidate: Candidate, engine: Engine, post: PostOffice
) -> None:
    forge(engine, f"UPDATE candidates SET recorded_at = '{candidate.recorded_at - timedelta(days=400)}'")
    with pytest.raises(ExplainedFailure, match="lets nothing out that is older than"):
        deploy(approved)
    assert champion(engine) is None
    assert len(refusals(engine)) == 1


@pytest.fixture
def high(installation: Lender, engine: Engine) -> None:
    """A version of the highest tier serves before the candidate is registered."""
    with engine.begin() as conn:
        other = register(conn, model="loans", version=800)
        deployments.deploy(conn, approved_release(conn, other, people=2), other, MOMENT)


def test_one_approval_does_not_replace_a_version_whose_tier_takes_two(
    high: None, candidate: Candidate, engine: Engine
) -> None:
    with engine.begin() as conn:
        release = approved_release(conn, candidate, people=1)
    running = context("loans.release", run_id=release.dag_run_id)
    with pytest.raises(ExplainedFailure, match="asks for 2 people.* This release asks for 1"):
        DeployOperator(task_id="deploy", release=str(release.id), **OWN).execute(running)
    serving = champion(engine)
    assert serving is not None and serving.version == 800
    assert len(refusals(engine)) == 1


def test_a_refusal_long_after_leaves_what_serves_alone(
    approved: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, post: PostOffice
) -> None:
    deploy(approved)
    monkeypatch.setenv("AIRLOCK_STORE", str(tmp_path / "empty"))
    with pytest.raises(ExplainedFailure, match="is not in the evidence store"):
        deploy(approved)
    assert recorded(engine, approved).state == "deployed"
    assert champion(engine) is not None
