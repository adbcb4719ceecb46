"""The night's alert says how many contests wait and what people thought that day."""

import uuid
from datetime import timedelta

from sqlalchemy.engine import Engine

from airlock.governance import contests, feedback, nights
from airlock.governance.nights import Night
from airlock.monitoring.night import Finding
from airlock.operators.alert import AlertOperator
from tests.airlock.lender import SHIFTED, Lender
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

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
    AlertOperator(task_id="alert", model="loans", spec_digest="d" * 64).execute(running)
    (mail,) = post.mails
    assert SENTENCE in mail.text
    assert "Contests  1 decision waiting for a person" in mail.text
    assert "Feedback  3 opinions that day, 1 disagreeing" in mail.text
