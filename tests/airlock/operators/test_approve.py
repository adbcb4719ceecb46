"""An approval is what a person answered: each way to answer, and each way not to."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.providers.standard.exceptions import HITLTriggerEventError
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    TaskAwaitingInput,
)
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.chain.gate import gate
from airlock.chain.registration import EVIDENCE
from airlock.dossier.summary import summary
from airlock.governance import approvals, audit_log, releases
from airlock.governance.approvals import Approval
from airlock.governance.audit_log import Entry
from airlock.governance.records import RecordError
from airlock.governance.releases import Release
from airlock.operators.approve import ApproveOperator
from airlock.operators.links import dossier_link
from airlock.spec.people import PEOPLE_FILE
from tests.airlock.governance.records import register
from tests.airlock.lender import Lender, Trained
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

OPENED = datetime.now(UTC) - timedelta(hours=2)
ANSWERED = OPENED + timedelta(hours=1)
CONTEXT = context("loans.release", run_id="asset__1", task_id="approve_1")


@pytest.fixture
def evidence(installation: Lender, trained: Trained) -> Mapping[str, Any]:
    """What the gates found of a candidate."""
    ruling = gate(
        installation.spec,
        trained.lineage,
        trained.found,
        made=trained.made,
        champion_version=None,
        store=installation.store,
    )
    return installation.store.json(EVIDENCE, ruling.evidence_digest)


@pytest.fixture
def release(engine: Engine, evidence: Mapping[str, Any]) -> Release:
    """A release that waits for two people, of a candidate that dana trained."""
    with engine.begin() as conn:
        candidate = register(conn, model="loans", evidence=evidence)
        return releases.open_release(
            conn, candidate=candidate, dag_run_id="asset__1", people=2, opened_at=OPENED
        )


def asking(release: Release, slot: int = 1) -> ApproveOperator:
    return ApproveOperator(
        task_id=f"approve_{slot}",
        slot=slot,
        approvers=["ria", "omar"],
        response_timeout=timedelta(days=3),
        release=str(release.id),
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
        return list(approvals.of_release(conn, release.id))


def refused(engine: Engine, release: Release) -> list[Entry]:
    with engine.connect() as conn:
        return list(approvals.refused(conn, release))


def now(engine: Engine, release: Release) -> Release:
    with engine.connect() as conn:
        found = releases.find(conn, release.id)
    assert found is not None
    return found


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
    (entry,) = refused(engine, release)
    assert (entry.actor, entry.at, entry.run) == ("unknown", ANSWERED, "loans.release/asset__1")


def test_what_counts_not_is_recorded_with_who_slot_and_why(engine: Engine, release: Release) -> None:
    for _ in range(2):
        with pytest.raises(AirflowException, match="asked again"):
            asking(release).execute_complete(CONTEXT, event("Reject", "mallory", reason="because I can"))
    (entry,) = refused(engine, release)
    assert (entry.act, entry.actor, entry.model) == ("answer_refused", "mallory", "loans")
    assert entry.facts == {
        "release": release.id,
        "slot": 1,
        "choice": "Reject",
        "reason": "mallory is not among the approvers of this model.",
        "said": "because I can",
        "dossier_digest": release.dossier_digest,
    }


@pytest.mark.parametrize(
    ("who", "form", "why"),
    [
        ("ria", {"reason": ""}, "ria gave no reason."),
        ("ria", {"reason": "  \n"}, "ria gave no reason."),
        ("admin", {}, "admin is not among the approvers of this model."),
        ("Ria", {}, "Ria is not among the approvers of this model."),
        ("dana", {}, "dana is not among the approvers of this model."),
    ],
)
def test_an_answer_that_does_not_count_is_recorded_and_asked_for_again(
    engine: Engine, release: Release, who: str, form: dict[str, Any], why: str
) -> None:
    with pytest.raises(AirflowException, match=why) as asked_again:
        asking(release).execute_complete(CONTEXT, event(who=who, **form))
    assert not isinstance(asked_again.value, AirflowFailException), "that would end the task"
    assert answers(engine, release) == []
    assert [(entry.actor, entry.facts["reason"]) for entry in refused(engine, release)] == [(who, why)]
    assert now(engine, release).state == "open"


@pytest.mark.parametrize(
    "form",
    [
        {"reason": None},
        {"reason": 5},
        {"because": "evidence read"},
        {"reason": "evidence read", "more": "x"},
        {"reason": "evidence\0read"},
        {"reason": "evidence \ud800"},
    ],
)
def test_an_answer_whose_form_is_another_one_is_on_record_and_asked_for_again(
    engine: Engine, release: Release, form: dict[str, Any]
) -> None:
    with pytest.raises(AirflowException, match="ria gave no reason. The question is asked again"):
        asking(release).execute_complete(CONTEXT, event(**form))
    assert answers(engine, release) == []
    assert [(entry.actor, entry.facts["said"]) for entry in refused(engine, release)] == [("ria", "")]


def test_an_answer_without_the_form_is_asked_for_again(engine: Engine, release: Release) -> None:
    with pytest.raises(AirflowException, match="ria gave no reason"):
        asking(release).execute_complete(CONTEXT, event() | {"params_input": None})
    assert answers(engine, release) == []


def test_whoever_started_the_training_cannot_approve(
    engine: Engine, installation: Lender, evidence: Mapping[str, Any]
) -> None:
    with engine.begin() as conn:
        candidate = register(conn, model="loans", evidence=evidence, trained_by="ria")
        own = releases.open_release(
            conn, candidate=candidate, dag_run_id="asset__1", people=2, opened_at=OPENED
        )
    with pytest.raises(
        AirflowException, match="ria started the training and cannot approve it. The question"
    ):
        asking(own).execute_complete(CONTEXT, event())
    assert answers(engine, own) == []
    assert [entry.actor for entry in refused(engine, own)] == ["ria"]


def test_one_person_cannot_approve_twice(engine: Engine, release: Release) -> None:
    asking(release).execute_complete(CONTEXT, event())
    with pytest.raises(AirflowException, match="ria answered twice.* The question is asked again"):
        asking(release, slot=2).execute_complete(CONTEXT, event())
    assert [answer.slot for answer in answers(engine, release)] == [1]
    assert [(entry.actor, entry.facts["slot"]) for entry in refused(engine, release)] == [("ria", 2)]


def test_whoever_approved_may_reject_afterwards(engine: Engine, release: Release) -> None:
    asking(release).execute_complete(CONTEXT, event())
    asking(release, slot=2).execute_complete(CONTEXT, event("Reject"))
    assert [answer.choice for answer in answers(engine, release)] == ["Approve", "Reject"]


def people_without(installation: Lender, tmp_path: Path, gone: str) -> str:
    """Return a copy of the installation's include folder whose people.yaml lacks somebody."""
    include = shutil.copytree(installation.include, tmp_path / "include")
    people = yaml.safe_load((include / PEOPLE_FILE).read_text())
    del people["people"][gone]
    (include / PEOPLE_FILE).write_text(yaml.safe_dump(people))
    return str(include)


def test_an_approver_who_was_removed_meanwhile_does_not_count(
    engine: Engine, release: Release, installation: Lender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRLOCK_INCLUDE", people_without(installation, tmp_path, "ria"))
    with pytest.raises(AirflowException, match="ria is not among the approvers.* asked again"):
        asking(release).execute_complete(CONTEXT, event())
    assert answers(engine, release) == []
    (entry,) = refused(engine, release)
    assert "ria is not among the approvers" in entry.facts["reason"]


def test_no_answer_in_time_closes_the_release_as_expired(engine: Engine, release: Release) -> None:
    late = {"error": "no response", "error_type": "timeout"}
    with pytest.raises(AirflowFailException, match="Nobody answered within 3 days"):
        asking(release).execute_complete(CONTEXT, late)
    assert answers(engine, release) == []
    ended = now(engine, release)
    assert (ended.state, ended.reason) == ("expired", "Nobody answered within 3 days.")


def test_one_answer_of_two_in_time_closes_the_release_as_expired(engine: Engine, release: Release) -> None:
    asking(release).execute_complete(CONTEXT, event())
    late = {"error": "no response", "error_type": "timeout"}
    with pytest.raises(AirflowFailException, match="Only ria answered within 3 days; 2 people must"):
        asking(release, slot=2).execute_complete(CONTEXT, late)
    assert now(engine, release).state == "expired"


def test_an_answer_after_its_time_does_not_count_and_closes_the_release(
    engine: Engine, release: Release
) -> None:
    too_late = event() | {"responded_at": OPENED + timedelta(days=3, seconds=1)}
    with pytest.raises(AirflowFailException, match="Nobody answered within 3 days"):
        asking(release).execute_complete(CONTEXT, too_late)
    assert answers(engine, release) == []
    assert "after the time for it was over" in refused(engine, release)[0].facts["reason"]
    assert now(engine, release).state == "expired"


def test_an_answer_that_airflow_could_not_take_is_no_approval(engine: Engine, release: Release) -> None:
    broken = {"error": "validation", "error_type": "validation"}
    with pytest.raises(HITLTriggerEventError):
        asking(release).execute_complete(CONTEXT, broken)
    assert answers(engine, release) == []


def test_a_choice_that_was_not_offered_is_no_approval(engine: Engine, release: Release) -> None:
    with pytest.raises(ValueError, match="not in"):
        asking(release).execute_complete(CONTEXT, event("approve"))
    assert answers(engine, release) == []


@pytest.mark.parametrize("state", ["expired", "superseded", "rejected", "failed"])
def test_a_release_that_is_closed_takes_no_more_answers(
    engine: Engine, release: Release, state: releases.State
) -> None:
    with engine.begin() as conn:
        releases.close(conn, release.id, state=state, reason="So it is.", at=ANSWERED)
    with pytest.raises(AirflowSkipException, match=f"is {state}, and nobody is asked: So it is."):
        asking(release).execute_complete(CONTEXT, event())
    assert answers(engine, release) == []
    (entry,) = refused(engine, release)
    assert entry.facts["reason"] == f"The release is {state} and takes no more answers."


def test_a_time_that_ends_after_the_release_changes_nothing(engine: Engine, release: Release) -> None:
    with engine.begin() as conn:
        releases.close(conn, release.id, state="superseded", reason="So it is.", at=ANSWERED)
    with pytest.raises(AirflowSkipException, match="is superseded"):
        asking(release).execute_complete(CONTEXT, {"error": "no response", "error_type": "timeout"})
    assert (now(engine, release).state, refused(engine, release)) == ("superseded", [])


@pytest.mark.parametrize("run", ["asset__2", "asset__1 "])
def test_a_release_that_another_run_opened_is_refused(engine: Engine, release: Release, run: str) -> None:
    tampered = context("loans.release", run_id=run, task_id="approve_1", user="admin")
    with pytest.raises(AirflowFailException, match="was opened by loans.release/asset__1, and not by"):
        asking(release).execute_complete(tampered, event())
    assert answers(engine, release) == []
    with engine.connect() as conn:
        entry = list(audit_log.entries(conn))[-1]
    assert (entry.act, entry.actor, entry.run) == ("deployment_refused", "admin", f"loans.release/{run}")
    assert entry.facts["release"] == release.id


def test_a_release_of_another_model_is_refused(engine: Engine, release: Release) -> None:
    with engine.begin() as conn:
        theirs = register(conn, model="credit_risk", version=9)
        other = releases.open_release(
            conn, candidate=theirs, dag_run_id="asset__1", people=1, opened_at=OPENED
        )
    with pytest.raises(AirflowFailException, match="was opened by credit_risk.release/asset__1"):
        asking(other).execute_complete(CONTEXT, event())
    assert answers(engine, other) == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was put before people; Airflow's supervisor would write it to its database."""
    put: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "airflow.providers.standard.operators.hitl.upsert_hitl_detail", lambda **detail: put.append(detail)
    )
    return put


def ask(release: Release, slot: int = 1) -> Any:
    running = context("loans.release", run_id="asset__1", task_id=f"approve_{slot}")
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
    assert "roc_auc is" in mail.text
    assert "/dags/loans.release/runs/asset__1/tasks/approve_1/required_actions" in mail.text


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


def test_what_people_are_shown_comes_from_the_records(
    release: Release, evidence: Mapping[str, Any], asked: list[dict[str, Any]]
) -> None:
    with pytest.raises(TaskAwaitingInput):
        ask(release)
    (put,) = asked
    assert put["subject"] == "Release Loans version 1? (1 of 2)"
    assert put["body"].startswith(summary(evidence))
    assert f"`{release.dossier_digest}`" in put["body"]
    assert dossier_link(release.dossier_digest) in put["body"]


def test_the_question_says_who_has_answered_and_what_did_not_count(
    release: Release, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    asking(release).execute_complete(CONTEXT, event())
    for _ in range(2):
        with pytest.raises(TaskAwaitingInput):
            ask(release, slot=2)
    with pytest.raises(AirflowException):
        asking(release, slot=2).execute_complete(CONTEXT, event(who="omar", reason=" "))
    with pytest.raises(TaskAwaitingInput):
        ask(release, slot=2)
    assert "#### Answers so far\n\n- ria approved: evidence read" in asked[0]["body"]
    assert "did not count" not in asked[0]["body"]
    assert "#### Answers that did not count\n\n- omar gave no reason." in asked[-1]["body"]
    assert len(post.mails) == 2, "once for the question, once because it is asked again"
    assert "You are asked again, because an answer did not count:" in post.mails[-1].text


def test_asking_again_does_not_prolong_the_time_to_answer(
    engine: Engine, release: Release, asked: list[dict[str, Any]]
) -> None:
    with pytest.raises(TaskAwaitingInput) as first:
        ask(release)
    assert timedelta(hours=69) < first.value.timeout < timedelta(hours=70)
    with engine.begin() as conn:
        conn.execute(text("UPDATE releases SET opened_at = opened_at - interval '3 days'"))
    with pytest.raises(AirflowFailException, match="Nobody answered within 3 days"):
        ask(release)
    assert now(engine, release).state == "expired"


def test_nobody_is_asked_about_a_release_that_has_ended(
    engine: Engine, release: Release, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    with engine.begin() as conn:
        releases.close(conn, release.id, state="superseded", reason="Superseded.", at=ANSWERED)
    with pytest.raises(AirflowSkipException, match="is superseded"):
        ask(release)
    assert (asked, post.mails) == ([], ())


def test_where_nobody_is_left_who_may_answer_nobody_is_waited_for(
    engine: Engine, release: Release, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    with engine.begin() as conn:
        conn.execute(text("UPDATE candidates SET trained_by = 'omar'"))
    asking(release).execute_complete(CONTEXT, event())
    with pytest.raises(AirflowFailException, match="No approver of loans is left.*Name more"):
        ask(release, slot=2)
    assert (asked, post.mails) == ([], ())
