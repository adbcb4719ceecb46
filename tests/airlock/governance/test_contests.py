"""Contests: each decision is contested once, and what a person decided about it is never changed."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from airlock.governance import audit_log, contests
from airlock.governance.contests import OVERTURN, UPHOLD, Contest, Verdict, contest, decide, objection
from airlock.governance.records import RecordError
from tests.airlock.governance.records import MOMENT

LATER = MOMENT + timedelta(hours=1)
REFUSED = uuid.UUID(int=7)
UPHELD = Verdict("ria", UPHOLD, "", "The income is right.", LATER)
OVERTURNED = Verdict("ria", OVERTURN, "false", "The payslips say otherwise.", LATER)


def contested(conn: Connection, decision: uuid.UUID = REFUSED, **changes: Any) -> Contest:
    about = {"model": "loans", "version": 3, "reason": "My income rose.", "asked_by": "shop", "at": MOMENT}
    return contest(conn, decision_id=decision, **about | changes)[0]


def test_a_decision_is_contested_once(conn: Connection) -> None:
    first = contested(conn)
    again, new = contest(
        conn,
        decision_id=REFUSED,
        model="loans",
        version=3,
        reason="Another reason.",
        asked_by="bank",
        at=LATER,
    )
    assert (again, new) == (first, False)
    assert (first.state, first.reason, first.asked_by) == ("open", "My income rose.", "shop")
    assert contests.of_decision(conn, REFUSED) == contests.find(conn, first.id) == first


def test_what_nobody_contests_has_no_contest(conn: Connection) -> None:
    assert contests.of_decision(conn, uuid.UUID(int=1)) is None
    assert contests.find(conn, 1_000_000) is None


def test_open_ones_are_those_of_a_model_that_nobody_decided(conn: Connection) -> None:
    first, second = contested(conn), contested(conn, uuid.UUID(int=8))
    contested(conn, uuid.UUID(int=9), model="churn")
    decide(conn, first.id, UPHELD, answered="true")
    assert contests.open_ones(conn, "loans") == (second,)


@pytest.mark.parametrize(
    ("given", "state", "prediction"), [(UPHELD, "upheld", "true"), (OVERTURNED, "overturned", "false")]
)
def test_what_a_person_decided_is_recorded_and_in_the_log(
    conn: Connection, given: Verdict, state: str, prediction: str
) -> None:
    known = contested(conn)
    settled = decide(conn, known.id, given, answered="true")
    assert (settled.state, settled.prediction, settled.decided_by) == (state, prediction, "ria")
    assert (settled.decided_because, settled.decided_at) == (given.reason, LATER)
    entry = list(audit_log.entries(conn))[-1]
    assert (entry.act, entry.actor, entry.at, entry.model) == ("contest_decided", "ria", LATER, "loans")
    assert entry.run == f"loans.contest/contest_{known.id}"
    assert entry.facts == {
        "contest": known.id,
        "decision": str(REFUSED),
        "version": 3,
        "state": state,
        "prediction": prediction,
        "reason": given.reason,
    }


def test_deciding_again_in_the_same_words_changes_nothing(conn: Connection) -> None:
    known = contested(conn)
    settled = decide(conn, known.id, OVERTURNED, answered="true")
    count = len(list(audit_log.entries(conn)))
    assert decide(conn, known.id, OVERTURNED, answered="true") == settled
    assert len(list(audit_log.entries(conn))) == count


@pytest.mark.parametrize("other", [UPHELD, replace(OVERTURNED, responder="omar")])
def test_what_was_decided_is_never_changed(conn: Connection, other: Verdict) -> None:
    known = contested(conn)
    decide(conn, known.id, OVERTURNED, answered="true")
    with pytest.raises(RecordError, match=r"was decided by ria, and a record is never changed\."):
        decide(conn, known.id, other, answered="true")


def test_a_contest_that_is_not_there_cannot_be_decided(conn: Connection) -> None:
    with pytest.raises(RecordError, match=r"There is no contest 1000000\."):
        decide(conn, 1_000_000, UPHELD, answered="true")


def test_overturned_without_another_answer_is_no_decision(conn: Connection) -> None:
    known = contested(conn)
    with pytest.raises(RecordError, match="overturned without another answer"):
        decide(conn, known.id, replace(OVERTURNED, prediction=""), answered="true")


def said_against(known: Contest, given: Verdict, **more: Any) -> str | None:
    facts: dict[str, Any] = {"may": True, "makers": {"dana": "started the training"}, "answered": "true"}
    return objection(known, given, **facts | more)


@pytest.mark.parametrize("given", [UPHELD, OVERTURNED, replace(UPHELD, prediction="true")])
def test_an_answer_by_who_may_and_with_a_reason_counts(conn: Connection, given: Verdict) -> None:
    assert said_against(contested(conn), given) is None


@pytest.mark.parametrize(
    ("given", "more", "why"),
    [
        (replace(UPHELD, responder=" "), {}, "recorded no person"),
        (UPHELD, {"may": False}, "ria is not among those who decide contests of loans."),
        (
            UPHELD,
            {"makers": {"ria": "started the training"}},
            "ria started the training of version 3 and cannot judge",
        ),
        (UPHELD, {"makers": {"mlflow:Ria": "started the training"}}, "ria started the training of version 3"),
        (UPHELD, {"makers": {"Ria": "registered the model"}}, "ria registered the model of version 3 and"),
        (replace(UPHELD, reason=" \n"), {}, "ria gave no reason."),
        (replace(UPHELD, responded_at=MOMENT - timedelta(seconds=1)), {}, "is dated before the contest."),
        (replace(UPHELD, prediction="false"), {}, "ria upholds true and writes false. Choose Overturn"),
        (replace(OVERTURNED, prediction=""), {}, "ria overturns true and writes no answer of their own."),
        (replace(OVERTURNED, prediction="true"), {}, "ria overturns true and writes the same."),
    ],
)
def test_an_answer_that_does_not_count(
    conn: Connection, given: Verdict, more: dict[str, Any], why: str
) -> None:
    assert why in (said_against(contested(conn), given, **more) or "")


def test_a_decided_contest_takes_no_more_answers(conn: Connection) -> None:
    settled = decide(conn, contested(conn).id, UPHELD, answered="true")
    assert said_against(settled, OVERTURNED) == (
        f"Contest {settled.id} was decided by ria and takes no more answers."
    )


def test_an_answer_that_does_not_count_is_in_the_log_once(conn: Connection) -> None:
    known = contested(conn)
    for _ in range(2):
        contests.refuse_answer(conn, known, replace(UPHELD, responder=""), "Nobody answered.")
    (entry,) = contests.refused_answers(conn, known)
    assert (entry.act, entry.actor, entry.model) == ("contest_answer_refused", "unknown", "loans")
    assert entry.facts == {
        "contest": known.id,
        "choice": UPHOLD,
        "reason": "Nobody answered.",
        "said": "The income is right.",
    }
