"""Feedback: every word about a decision is kept, in its order."""

import uuid

from sqlalchemy.engine import Connection

from airlock.governance import feedback
from tests.airlock.governance.records import MOMENT

DECISION = uuid.UUID(int=5)


def test_what_people_think_is_kept_in_their_order(conn: Connection) -> None:
    about = {"decision_id": DECISION, "model": "loans", "version": 3, "given_by": "desk", "at": MOMENT}
    first = feedback.give(conn, verdict="disagree", comment="She pays.", **about)
    second = feedback.give(conn, verdict="agree", comment="", **about)
    assert feedback.of_decision(conn, DECISION) == (first, second)
    assert (first.verdict, first.comment, first.given_by) == ("disagree", "She pays.", "desk")
    assert feedback.of_decision(conn, uuid.UUID(int=6)) == ()
