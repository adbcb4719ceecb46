"""The night's alert says how many contests wait and what people thought that day."""

import uuid
from datetime import date, timedelta
from typing import Any

from sqlalchemy.engine import Engine

from airlock.governance import contests, feedback, nights, training_requests
from airlock.governance.nights import Night
from airlock.monitoring.finding import Finding
from airlock.operators.alert import AlertOperator
from airlock.operators.triage import TriageOperator
from tests.airlock.lender import SHIFTED, Lender
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

OWN = {"model": "loans", "spec_digest": "d" * 64}
HOUR = timedelta(hours=1)
SENTENCE = "debt has shifted: PSI 1.84, limit 0.25."


def test_the_alert_counts_contests_and_opinions(
    installation: Lender, engine: Engine, post: PostOffice
) -> None:
    found = Finding("column_drift", "debt", 1.84, 0.25, SENTENCE, "column_drift/debt")
    day = (SHIFTED - HOUR).date()
    with engine.begin() as conn:
        nights.record(conn, Night("loans", day, None, 240, {}, [found.to_json()], None, SHIFTED))
        about = {"decision_id": uuid.UUID(int=1), "model": "loans", "version": 1}
        contests.contest(conn, **about, reason="My income rose.", asked_by="shop", at=SHIFTED)
        for verdict in ("agree", "agree", "disagree"):
            feedback.give(conn, **about, verdict=verdict, comment="", given_by="desk", at=SHIFTED - HOUR)
    running = context("loans.monitor", run_id="scheduled__1", task_id="alert", interval_end=SHIFTED)
    TriageOperator(task_id="triage", **OWN).choose_branch(running)
    AlertOperator(task_id="alert", **OWN).execute(running)
    (mail,) = post.mails
    assert SENTENCE in mail.text
    assert "Contests  1 decision waiting for a person" in mail.text
    assert "Feedback  3 opinions that day, 1 disagreeing" in mail.text


FAR = Finding("column_drift", "debt", 1.84, 0.25, SENTENCE, "column_drift/debt")
DAY = (SHIFTED - HOUR).date()
#: When a training was asked for that helped nothing.
BEFORE = DAY - timedelta(days=9)
BROKEN = "No training starts by itself: the last one did not help."


def triaged(
    engine: Engine, day: date, *findings: Finding, user: str | None = None, rows: int = 240
) -> tuple[Any, str | None]:
    """Record a night and triage it; return the context of its run and where it goes on."""
    found = [finding.to_json() for finding in findings]
    with engine.begin() as conn:
        nights.record(conn, Night("loans", day, None, rows, {}, found, None, SHIFTED))
    running = context(
        "loans.monitor",
        run_id=f"scheduled__{day}",
        task_id="alert",
        user=user,
        interval_end=SHIFTED + (day - DAY),
    )
    return running, TriageOperator(task_id="triage", **OWN).choose_branch(running)


def watched(engine: Engine, day: date, *findings: Finding, user: str | None = None) -> None:
    """Record a night, triage it and alert."""
    running, _ = triaged(engine, day, *findings, user=user)
    AlertOperator(task_id="alert", **OWN).execute(running)


def asked_for_nothing(engine: Engine) -> None:
    """Let an earlier night have asked for a training that registered nothing."""
    asking = {"by": "loans.monitor", "cause": "debt.", "mode": "refit", "findings": [FAR.key]}
    with engine.begin() as conn:
        nights.record(conn, Night("loans", BEFORE, None, 240, {}, [], None, SHIFTED))
        training_requests.record(conn, "loans", BEFORE, "run_1", **asking, at=SHIFTED)


def test_a_loop_that_broke_is_mailed_once_although_nothing_is_new(
    installation: Lender, engine: Engine, post: PostOffice
) -> None:
    watched(engine, DAY, FAR)
    asked_for_nothing(engine)
    for ahead in (1, 1, 2):
        watched(engine, DAY + timedelta(days=ahead), FAR)
    first, broken = post.mails
    assert "A new training starts by itself" in " ".join(first.text.split())
    assert BROKEN in " ".join(broken.text.split())


def test_a_loop_that_was_told_with_what_is_new_is_not_mailed_again(
    installation: Lender, engine: Engine, post: PostOffice
) -> None:
    asked_for_nothing(engine)
    for ahead in (0, 1, 2):
        watched(engine, DAY + timedelta(days=ahead), FAR)
    (mail,) = post.mails
    assert BROKEN in " ".join(mail.text.split())


def test_what_no_mail_could_tell_a_night_of_too_few_rows_tells(
    installation: Lender, engine: Engine, post: PostOffice
) -> None:
    triaged(engine, DAY, FAR)  # and no mail: the mail server is away
    few, branch = triaged(engine, DAY + timedelta(days=1), rows=3)
    assert branch == "alert"
    AlertOperator(task_id="alert", **OWN).execute(few)
    (mail,) = post.mails
    assert f"no mail could tell. - {DAY}: " in " ".join(mail.text.split())
    assert SENTENCE in " ".join(mail.text.split())
    _, branch = triaged(engine, DAY + timedelta(days=2), rows=3)
    assert branch is None, "it is told"


def test_the_alert_promises_no_training_that_who_watched_may_not_start(
    installation: Lender, engine: Engine, post: PostOffice
) -> None:
    watched(engine, DAY, FAR, user="ria")
    (mail,) = post.mails
    said = " ".join(mail.text.split())
    assert "No training starts by itself: ria had the night watched, and may start no training." in said
