"""Inquiries: one answer counts for each incident, and what does not count is on record once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.engine import Connection

from airlock.governance import incident_events, incidents, inquiries
from airlock.governance.incidents import Incident
from airlock.governance.inquiries import IGNORE, INVESTIGATE, NEEDS, RETRAIN, ROLL_BACK, Answer
from airlock.spec.people import Act
from tests.airlock.governance.records import MOMENT

GIVEN = Answer("mika", INVESTIGATE, "I look.", MOMENT + timedelta(hours=1))


def opened(conn: Connection, key: str = "night/credit_risk/drift") -> Incident:
    made, _ = incidents.open_incident(
        conn, kind="drift", key=key, sentence="debt has shifted.", at=MOMENT, model="credit_risk"
    )
    return made


def test_each_answer_needs_what_its_own_dag_needs() -> None:
    assert NEEDS == {
        RETRAIN: Act.TRAIN,
        IGNORE: Act.HANDLE_INCIDENT,
        ROLL_BACK: Act.ROLL_BACK,
        INVESTIGATE: Act.HANDLE_INCIDENT,
    }


def test_that_a_person_is_asked_is_in_the_timeline_once(conn: Connection) -> None:
    incident = opened(conn)
    for _ in range(2):
        inquiries.note_asked(conn, incident, MOMENT)
    _, asked = incident_events.timeline(conn, incident.id)
    assert (asked.event, asked.run) == ("run_linked", f"credit_risk.inquire/incident_{incident.id}")
    assert asked.text == "A person is asked what to do: Retrain, Ignore, Roll back, Investigate."


def test_the_answer_on_record_is_the_incident_s_own(conn: Connection) -> None:
    one, other = opened(conn), opened(conn, "night/credit_risk/performance")
    assert inquiries.answer_of(conn, one) is None
    inquiries.record(conn, one, GIVEN)
    assert inquiries.answer_of(conn, one) == GIVEN
    assert inquiries.answer_of(conn, other) is None


def test_an_answer_that_does_not_count_is_on_record_once(conn: Connection) -> None:
    incident = opened(conn)
    for _ in range(2):
        inquiries.refuse_answer(conn, incident, GIVEN, "mika gave no reason.")
    inquiries.refuse_answer(conn, incident, replace(GIVEN, responder=""), "Nobody said it.")
    first, second = inquiries.refused_answers(conn, incident)
    assert (first.actor, first.facts["said"]) == ("mika", "I look.")
    assert (second.actor, second.facts["reason"]) == ("unknown", "Nobody said it.")
    assert inquiries.answer_of(conn, incident) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"responder": " \u200b"}, "Airflow recorded no person"),
        ({"reason": " "}, "mika gave no reason."),
        ({"responded_at": MOMENT - timedelta(seconds=1)}, "is dated before the incident"),
    ],
    ids=["counts", "nobody", "no reason", "too early"],
)
def test_what_speaks_against_an_answer(conn: Connection, change: dict[str, object], said: str | None) -> None:
    against = inquiries.objection(opened(conn), replace(GIVEN, **change), None, may_not=None)
    assert (against is None) if said is None else (against is not None and said in against)


def test_one_answer_counts_and_none_after_the_incident_is_over(conn: Connection) -> None:
    incident = opened(conn)
    second = inquiries.objection(incident, GIVEN, replace(GIVEN, responder="dana"), may_not=None)
    assert second == f"dana has answered Investigate about incident {incident.id} already."
    over = incidents.settle(conn, incident.id, by="dana", because="Gone.", at=MOMENT, run=None)
    late = inquiries.objection(over, GIVEN, None, may_not=None)
    assert late is not None and "was settled meanwhile by dana: Gone. The question is withdrawn" in late


def test_who_may_not_is_told_why(conn: Connection) -> None:
    assert inquiries.objection(opened(conn), GIVEN, None, may_not="mika may not.") == "mika may not."
