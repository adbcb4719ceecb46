"""Approvers are reminded once, while they can still answer; who cannot is left alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.governance import approvals, releases
from airlock.governance.releases import Release
from airlock.operators.remind import RemindOperator
from tests.airlock.governance.records import register
from tests.airlock.lender import Lender
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

DAYS = timedelta(days=3)  # what the spec of loans lets them take


def opened(engine: Engine, passed: float, model: str = "loans", **facts: Any) -> Release:
    """Open a release of which a share of the time to answer has passed."""
    with engine.begin() as conn:
        candidate = register(conn, model=model, **facts)
        return releases.open_release(
            conn,
            candidate=candidate,
            dag_run_id="asset__1",
            people=2,
            opened_at=datetime.now(UTC) - passed * DAYS,
        )


def remind() -> None:
    RemindOperator(task_id="remind").execute(context("reminders"))


def test_both_are_reminded_once_with_the_time_left_and_the_link(
    installation: Lender, engine: Engine, post: PostOffice
) -> None:
    opened(engine, 0.8)
    for _ in range(2):
        remind()
    (mail,) = post.mails
    assert mail.recipients == "omar@airlock.example, ria@airlock.example"
    assert "still waits for approval 1 of 2" in mail.text
    assert "expires and nothing is deployed" in " ".join(mail.text.split())
    assert "/dags/loans.release/runs/asset__1/tasks/approve_1/required_actions" in mail.text


def test_the_second_answer_has_a_time_and_a_reminder_of_its_own(
    installation: Lender, engine: Engine, post: PostOffice
) -> None:
    release = opened(engine, 0.9)
    remind()
    with engine.begin() as conn:
        approvals.record(
            conn,
            release_id=release.id,
            slot=1,
            responder="ria",
            choice="Approve",
            reason="read",
            dossier_digest=release.dossier_digest,
            responded_at=datetime.now(UTC),
        )
    remind()
    assert len(post.mails) == 1, "omar has just been given the whole time"
    with engine.begin() as conn:
        conn.execute(text("UPDATE approvals SET responded_at = now() - interval '60 hours'"))
    remind()
    assert post.mails[-1].recipients == "omar@airlock.example"
    assert "approve_2/required_actions" in post.mails[-1].text


@pytest.mark.parametrize(
    "made",
    [
        {"trained_by": "ria"},
        {"trained_by": "mlflow:Ria"},
        {"evidence": {"external": {"version": 7, "registered_by": "ria"}}},
    ],
)
def test_who_had_a_hand_in_the_candidate_is_not_reminded(
    installation: Lender, engine: Engine, post: PostOffice, made: dict[str, Any]
) -> None:
    opened(engine, 0.8, **made)
    remind()
    assert [mail.recipients for mail in post.mails] == ["omar@airlock.example"]


@pytest.mark.parametrize("passed", [0.1, 0.7, 1.1])
def test_nobody_is_reminded_too_early_or_too_late(
    installation: Lender, engine: Engine, post: PostOffice, passed: float
) -> None:
    opened(engine, passed)
    remind()
    assert post.mails == ()


def test_a_model_whose_spec_cannot_be_used_keeps_no_other_waiting(
    installation: Lender, engine: Engine, post: PostOffice
) -> None:
    opened(engine, 0.8, model="long_gone")
    opened(engine, 0.8)
    remind()
    assert len(post.mails) == 1
