"""An approval is what a person answered: each way to answer, and each way not to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.standard.exceptions import HITLTriggerEventError
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    TaskAwaitingInput,
)
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.governance import releases
from airlock.governance.records import RecordError
from airlock.governance.releases import Approval, Release
from airlock.operators.approve import ApproveOperator
from tests.airlock.governance.records import MOMENT, register
from tests.airlock.lender import Lender
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

ANSWERED = datetime(2026, 1, 9, 8, tzinfo=UTC)
EVIDENCE = {"verdicts": [{"sentence": "roc_auc is 0.8.", "passed": True}]}
CONTEXT = context("loans.release", task_id="approve_1")


@pytest.fixture
def release(installation: Lender, engine: Engine) -> Release:
    """A release that waits for two people."""
    with engine.begin() as conn:
        candidate = register(conn, model="loans", evidence=EVIDENCE)
        return releases.open_release(
            conn, candidate=candidate, dag_run_id="asset__1", people=2, opened_at=MOMENT
        )


def asking(release: Release, slot: int = 1) -> ApproveOperator:
    return ApproveOperator(
        task_id=f"approve_{slot}",
        slot=slot,
        approvers=["ria", "omar"],
        response_timeout=timedelta(days=3),
        subject="Release?",
        body="# Evidence",
        release=str(release.id),
        dossier_digest=release.dossier_digest,
        model="loans",
        spec_digest="d" * 64,
    )


def event(choice: str = "Approve", who: str | None = "ria", **form: Any) -> dict[str, Any]:
    """Return what Airflow resumes the task with."""
    return {
        "chosen_options": [choice],
        "params_input": form or {"reason": "evidence read"},
        "responded_at": ANSWERED,
        "responded_by_user": who and {"id": who, "name": who},
    }


def answers(engine: Engine, release: Release) -> list[Approval]:
    with engine.connect() as conn:
        return list(releases.approvals(conn, release.id))


@pytest.mark.parametrize("choice", ["Approve", "Reject"])
def test_an_answer_is_recorded_as_airflow_received_it(engine: Engine, release: Release, choice: str) -> None:
    asking(release).execute_complete(CONTEXT, event(choice, reason="  evidence read "))
    assert answers(engine, release) == [
        Approval(release.id, 1, "ria", choice, "evidence read", release.dossier_digest, ANSWERED)
    ]


def test_a_task_resumed_twice_records_one_answer(engine: Engine, release: Release) -> None:
    for _ in range(2):
        asking(release).execute_complete(CONTEXT, event())
    assert len(answers(engine, release)) == 1


def test_an_answer_is_never_replaced_by_another(engine: Engine, release: Release) -> None:
    asking(release).execute_complete(CONTEXT, event("Reject"))
    with pytest.raises(RecordError, match="is ria's, and is never changed"):
        asking(release).execute_complete(CONTEXT, event("Approve", "omar"))
    assert [answer.choice for answer in answers(engine, release)] == ["Reject"]


def test_an_answer_by_no_person_counts_for_nothing(engine: Engine, release: Release) -> None:
    with pytest.raises(AirflowFailException, match="recorded no person"):
        asking(release).execute_complete(CONTEXT, event(who=None))
    assert answers(engine, release) == []


@pytest.mark.parametrize("form", [{"reason": ""}, {"reason": "  \n"}])
def test_an_answer_without_a_reason_is_asked_for_again(
    engine: Engine, release: Release, form: dict[str, Any]
) -> None:
    with pytest.raises(AirflowException, match="ria gave no reason") as asked_again:
        asking(release).execute_complete(CONTEXT, event(**form))
    assert not isinstance(asked_again.value, AirflowFailException), "that would end the task"
    assert answers(engine, release) == []


def test_an_answer_without_the_form_is_asked_for_again(engine: Engine, release: Release) -> None:
    with pytest.raises(AirflowException, match="ria gave no reason"):
        asking(release).execute_complete(CONTEXT, event() | {"params_input": None})
    assert answers(engine, release) == []


def test_no_answer_in_time_is_no_approval(engine: Engine, release: Release) -> None:
    late = {"error": "no response", "error_type": "timeout"}
    with pytest.raises(AirflowFailException, match="Nobody answered within 3 days"):
        asking(release).execute_complete(CONTEXT, late)
    assert answers(engine, release) == []


def test_an_answer_that_airflow_could_not_take_is_no_approval(engine: Engine, release: Release) -> None:
    broken = {"error": "validation", "error_type": "validation"}
    with pytest.raises(HITLTriggerEventError):
        asking(release).execute_complete(CONTEXT, broken)
    assert answers(engine, release) == []


def test_a_choice_that_was_not_offered_is_no_approval(engine: Engine, release: Release) -> None:
    with pytest.raises(ValueError, match="not in"):
        asking(release).execute_complete(CONTEXT, event("approve"))
    assert answers(engine, release) == []


def test_a_release_that_is_closed_takes_no_more_answers(engine: Engine, release: Release) -> None:
    with engine.begin() as conn:
        releases.close(conn, release.id, state="expired", reason="Nobody answered in time.", at=MOMENT)
    with pytest.raises(RecordError, match="takes no more answers"):
        asking(release).execute_complete(CONTEXT, event())
    assert answers(engine, release) == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was put before people; Airflow's supervisor would write it to its database."""
    put: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "airflow.providers.standard.operators.hitl.upsert_hitl_detail", lambda **detail: put.append(detail)
    )
    return put


def ask(release: Release, slot: int = 1) -> Any:
    running = context("loans.release", task_id=f"approve_{slot}")
    return asking(release, slot).execute(running | {"task_instance": running["ti"]})


def test_both_approvers_are_asked_and_the_task_waits(
    release: Release, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    with pytest.raises(TaskAwaitingInput):
        ask(release)
    (put,) = asked
    assert put["options"] == ["Approve", "Reject"]
    assert [user["id"] for user in put["assigned_users"]] == ["ria", "omar"]
    assert put["defaults"] is None
    assert list(put["params"]) == ["reason"]
    (mail,) = post.mails
    assert mail.recipients == "omar@airlock.example, ria@airlock.example"
    assert "roc_auc is 0.8." in mail.text
    assert "/dags/loans.release/runs/manual__1/tasks/approve_1/required_actions" in mail.text


def test_asking_again_mails_nobody_again(
    release: Release, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    for _ in range(2):
        with pytest.raises(TaskAwaitingInput):
            ask(release)
    assert (len(asked), len(post.mails)) == (2, 1)


def test_who_has_answered_is_not_mailed_for_the_second_answer(
    release: Release, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    asking(release).execute_complete(CONTEXT, event())
    with pytest.raises(TaskAwaitingInput):
        ask(release, slot=2)
    assert [mail.recipients for mail in post.mails] == ["omar@airlock.example"]


def test_a_task_that_has_its_answer_asks_nobody(
    release: Release, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    asking(release).execute_complete(CONTEXT, event())
    assert ask(release) is None
    assert (asked, post.mails) == ([], ())


def test_after_a_rejection_nobody_else_is_asked(
    release: Release, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    asking(release).execute_complete(CONTEXT, event("Reject"))
    with pytest.raises(AirflowSkipException, match="ria has already rejected"):
        ask(release, slot=2)
    assert (asked, post.mails) == ([], ())


def test_nothing_is_written_before_a_person_answers(
    engine: Engine, release: Release, asked: list[dict[str, Any]]
) -> None:
    with pytest.raises(TaskAwaitingInput):
        ask(release)
    with engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM approvals")).scalar_one() == 0
