"""Feedback: every word about a decision is kept, in its order."""

import uuid
from datetime import timedelta

from sqlalchemy.engine import Connection

from airlock.governance import feedback
from tests.airlock.governance.records import MOMENT

DECISION = uuid.UUID(int=5)
DAY = timedelta(days=1)


def test_what_people_think_is_kept_in_their_order(conn: Connection) -> None:
    about = {"decision_id": DECISION, "model": "loans", "version": 3, "given_by": "desk", "at": MOMENT}
    first = feedback.give(conn, verdict="disagree", comment="She pays.", **about)
    second = feedback.give(conn, verdict="agree", comment="", **about)
    assert feedback.of_decision(conn, DECISION) == (first, second)
    assert (first.verdict, first.comment, first.given_by) == ("disagree", "She pays.", "desk")
    assert feedback.of_decision(conn, uuid.UUID(int=6)) == ()


def test_verdicts_are_counted_by_the_day_on_which_they_were_given(conn: Connection) -> None:
    midnight = MOMENT.replace(hour=0)
    for verdict, at in (
        ("agree", midnight),
        ("agree", midnight + DAY - timedelta(seconds=1)),
        ("disagree", MOMENT),
        ("disagree", midnight + DAY),
        ("disagree", midnight - timedelta(seconds=1)),
    ):
        about = {"decision_id": DECISION, "model": "loans", "version": 3, "given_by": "desk"}
        feedback.give(conn, verdict=verdict, comment="", at=at, **about)
    assert feedback.verdicts(conn, "loans", MOMENT.date()) == {"agree": 2, "disagree": 1}
    assert feedback.verdicts(conn, "churn", MOMENT.date()) == {}
