"""Every way in which nothing is deployed, and what is on record and in the mail about it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any
from urllib.parse import quote

import pytest

from airlock.digests import short
from airlock.dossier.folder import CARD_FILE
from airlock.dossier.proof import DOSSIERS
from airlock.governance import tables
from demo.people import People
from stack.airflow_records import Run
from stack.client import AirflowError
from stack.waiting import wait_until
from tests.e2e.models import (
    BROKEN,
    GUARDED,
    LEAKING,
    UNADMITTED,
    UNANSWERED,
    WRONG_DATA,
    WRONG_FIGURES,
    mails_about,
)
from tests.e2e.records import Records
from tests.e2e.running_stack import RunningStack
from tests.e2e.trained import Trained, asked, ended, predict, registered


def test_what_is_not_admitted_is_not_read(
    stack: RunningStack, people: People, records: Records, refused_trainings: dict[str, Run]
) -> None:
    states = ended(people, refused_trainings[UNADMITTED])
    assert (states["admit"], states["snapshot"], states["register"]) == (
        "failed",
        "upstream_failed",
        "upstream_failed",
    )
    assert not records.rows(tables.candidates, model=UNADMITTED)
    (mail,) = mails_about(stack, UNADMITTED)
    assert mail.subject == f"[Airlock] Failed: admit of {UNADMITTED}.train"
    assert "dana@airlock.example" in mail.recipients
    text = " ".join(mail.text.split())
    assert "It gave up after 1 attempt," in text
    assert f"models/{UNADMITTED}/model.yaml: data.columns.mean_radius: may not be read by any model" in text
    assert "Write role: ignored, or ask Mira Sokolov (mira@airlock.example)." in text
    assert f"models/{UNADMITTED}/impact.yaml: legal_basis: is not filled in" in text
    assert "Write by what right the data are used for this." in text


def test_a_leak_stops_the_training_and_the_mail_shows_how_to_accept_it(
    stack: RunningStack, people: People, records: Records, refused_trainings: dict[str, Run]
) -> None:
    states = ended(people, refused_trainings[LEAKING])
    assert (states["validate"], states["inspect"], states["register"]) == (
        "success",
        "failed",
        "upstream_failed",
    )
    assert not records.rows(tables.candidates, model=LEAKING)
    (mail,) = mails_about(stack, LEAKING)
    assert "training stopped, nothing should learn from its data" in mail.subject
    assert "diagnosis is second_reading, in other numbers." in mail.text
    assert 'leakage.second_reading: "why it is let through"' in mail.text
    assert f"include/models/{LEAKING}/model.yaml" in mail.text


def test_a_failed_suite_stops_the_training(
    stack: RunningStack, people: People, records: Records, refused_trainings: dict[str, Run]
) -> None:
    states = ended(people, refused_trainings[WRONG_DATA])
    assert (states["snapshot"], states["validate"]) == ("success", "failed")
    assert states["register"] == states["refuse"] == "upstream_failed"
    assert not records.rows(tables.candidates, model=WRONG_DATA)
    assert not records.mlflow_versions(WRONG_DATA)
    (mail,) = mails_about(stack, WRONG_DATA)
    assert "its data were refused" in mail.subject and "dana@airlock.example" in mail.recipients
    assert "diagnosis" in mail.text and f"/airlock/pages/{WRONG_DATA}/validations/" in mail.text


def test_a_candidate_that_misses_a_gate_is_refused(
    stack: RunningStack, people: People, records: Records, refused_trainings: dict[str, Run]
) -> None:
    states = ended(people, refused_trainings[WRONG_FIGURES])
    assert (states["refuse"], states["register"]) == ("success", "skipped")
    (candidate,) = records.rows(tables.candidates, model=WRONG_FIGURES)
    assert (candidate["state"], candidate["version"]) == ("refused", None)
    assert candidate["reason"].startswith("brier is ")
    assert not records.mlflow_versions(WRONG_FIGURES)
    assert not people.dana.runs(f"{WRONG_FIGURES}.release")
    (mail,) = mails_about(stack, WRONG_FIGURES)
    assert "the new candidate was refused" in mail.subject and candidate["reason"] in mail.text


def test_an_answer_without_a_reason_is_asked_again_and_a_rejection_deploys_nothing(
    stack: RunningStack, people: People, records: Records, guarded: Trained
) -> None:
    _, omar = people.approvers
    question = asked(people, guarded.release)
    omar.answer(question, "Approve", {"reason": "  "})
    again = _asked_again(people, guarded.release)
    omar.answer(again, "Reject", {"reason": "the hold-out is too small"})
    states = ended(people, guarded.release)
    assert (states["deploy"], states["close"]) == ("skipped", "success")
    release = _release(records, guarded.release)
    assert (release["state"], release["reason"]) == (
        "rejected",
        "Rejected by omar: the hold-out is too small.",
    )
    (answer,) = records.rows(tables.approvals, release_id=release["id"])
    assert (answer["responder"], answer["choice"]) == ("omar", "Reject")
    asking, once_more, closing = [
        mail for mail in mails_about(stack, GUARDED) if quote(guarded.release.run_id, safe="") in mail.text
    ]
    assert "Please decide" in asking.subject and closing.subject.endswith("was rejected")
    assert "omar gave no reason." in once_more.text
    _nothing_serves(stack, records, GUARDED)


def _asked_again(people: People, run: Run) -> Any:
    return wait_until(
        lambda: next((now for now in _open(people, run) if now.task.try_number > 1), None),
        what="the question to be asked again",
        timeout=120,
    )


def test_who_trained_cannot_approve(
    stack: RunningStack, people: People, records: Records, guarded: Trained
) -> None:
    run = _ask_again(people, guarded)
    people.dana.answer(asked(people, run), "Approve", {"reason": "I made it, so it is good"})
    again = _asked_again(people, run)
    (refused,) = records.rows(tables.audit_log, act="answer_refused", actor="dana")
    assert refused["facts"]["reason"] == "dana started the training and cannot approve it."
    people.approvers[0].answer(again, "Reject", {"reason": "dana must not judge her own work"})
    assert ended(people, run)["deploy"] == "skipped"
    assert _release(records, run)["state"] == "rejected"
    _nothing_serves(stack, records, GUARDED)


def test_a_task_marked_as_success_approves_nothing(
    stack: RunningStack, people: People, records: Records, guarded: Trained
) -> None:
    run = _ask_again(people, guarded)
    task = asked(people, run).task
    stack.client("admin").call(
        "PATCH",
        f"/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances/{task.task_id}",
        {"new_state": "success"},
    )
    states = ended(people, run)
    assert (states["approve_1"], states["deploy"]) == ("success", "skipped")
    release = _release(records, run)
    marked = "approve_1 was marked as success by hand, which approves nothing."
    assert (release["state"], release["reason"]) == ("rejected", marked)
    assert not records.rows(tables.approvals, release_id=release["id"])
    _nothing_serves(stack, records, GUARDED)


def test_a_dossier_with_one_byte_changed_since_the_question_is_not_deployed(
    stack: RunningStack, people: People, records: Records, guarded: Trained
) -> None:
    run = _ask_again(people, guarded)
    question = asked(people, run)
    digest = _release(records, run)["dossier_digest"]
    with _one_byte_changed(stack.settings.store / DOSSIERS / digest / CARD_FILE):
        people.approvers[0].answer(question, "Approve", {"reason": "as I have read it"})
        states = ended(people, run)
    assert (states["decide"], states["deploy"], states["announce"]) == (
        "success",
        "failed",
        "upstream_failed",
    )
    release = _release(records, run)
    assert release["state"] == "failed"
    (mail,) = [mail for mail in mails_about(stack, GUARDED) if "kept out of production" in mail.subject]
    for text in (release["reason"], " ".join(mail.text.split())):
        assert f"dossiers {short(digest)} in the evidence store" in text and "was changed" in text
        assert "Restore it from its backup and look for who changed it." in text
    refused = records.rows(tables.audit_log, act="deployment_refused", model=GUARDED)
    assert (release["id"], release["reason"]) in [
        (row["facts"].get("release"), row["facts"]["reason"]) for row in refused
    ]
    _nothing_serves(stack, records, GUARDED)


def test_the_auditor_can_neither_train_nor_answer_and_a_stranger_cannot_answer(
    stack: RunningStack, people: People, diagnosis: Trained
) -> None:
    ada = stack.client("ada")
    with pytest.raises(AirflowError, match="403"):
        ada.trigger("tumour_diagnosis.train")
    question = asked(people, diagnosis.release)
    for user in (ada, people.dana):
        with pytest.raises(AirflowError, match="403"):
            user.answer(question, "Approve", {"reason": "let me"})
    assert question in _open(people, diagnosis.release)


def test_no_answer_in_time_deploys_nothing(
    stack: RunningStack, people: People, records: Records, refused_trainings: dict[str, Run]
) -> None:
    run = registered(people, refused_trainings[UNANSWERED]).release
    states = ended(people, run)
    assert (states["deploy"], states["close"]) == ("skipped", "success")
    release = _release(records, run)
    assert (release["state"], release["reason"]) == ("expired", "Nobody answered within 1 minute.")
    asking, closing = mails_about(stack, UNANSWERED)
    assert "Please decide" in asking.subject and closing.subject.endswith("expired")
    _nothing_serves(stack, records, UNANSWERED)


def test_why_a_candidate_is_not_in_production_is_one_line(
    stack: RunningStack, people: People, records: Records, refused_trainings: dict[str, Run]
) -> None:
    ended(people, refused_trainings[WRONG_FIGURES])
    (candidate,) = records.rows(tables.candidates, model=WRONG_FIGURES)
    run = refused_trainings[WRONG_FIGURES].run_id
    assert _why(stack, WRONG_FIGURES) == [
        f"{WRONG_FIGURES} run {run}: Its gates refused it: {candidate['reason']}"
    ]
    ended(people, registered(people, refused_trainings[UNANSWERED]).release)
    assert _why(stack, UNANSWERED) == [f"{UNANSWERED} version 1: Nobody answered within 1 minute."]


def test_a_broken_spec_is_an_import_error_that_says_what_to_write_and_hurts_nobody_else(
    stack: RunningStack, people: People, refused_trainings: dict[str, Run]
) -> None:
    (error,) = wait_until(people.dana.import_errors, what="the import error", timeout=120)
    assert f"models/{BROKEN}/model.yaml" in error.trace
    assert "training.select_bye" in error.trace and "Did you mean 'select_by'?" in error.trace
    dags = people.dana.dag_ids()
    assert f"{BROKEN}.train" not in dags
    assert {"credit_risk.train", "tumour_diagnosis.train", f"{GUARDED}.release"} <= set(dags)
    rmtree(stack.settings.include / "models" / BROKEN)
    wait_until(lambda: not people.dana.import_errors(), what="the import error to go", timeout=120)


@contextmanager
def _one_byte_changed(file: Path) -> Iterator[None]:
    """Let somebody change a file for a while."""
    before = file.read_bytes()
    file.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    try:
        yield
    finally:
        file.write_bytes(before)


def _why(stack: RunningStack, model: str) -> list[str]:
    command = [sys.executable, "-m", "airlock.governance.why", model]
    said = subprocess.run(command, env=stack.environment(), capture_output=True, text=True, check=True)
    return said.stdout.splitlines()


def _ask_again(people: People, trained: Trained) -> Run:
    """Start another release of the same candidate."""
    return people.dana.trigger(trained.release.dag_id, conf={"version": trained.version})


def _open(people: People, run: Run) -> Any:
    return people.dana.questions(run.dag_id, run.run_id)


def _release(records: Records, run: Run) -> dict[str, Any]:
    (release,) = records.rows(tables.releases, dag_run_id=run.run_id)
    return release


def _nothing_serves(stack: RunningStack, records: Records, model: str) -> None:
    assert not records.rows(tables.deployments, model=model)
    assert predict(stack, model, {}).status_code == 404
