"""Answers about an incident that arrive at once: one is done and the other refused; and who is asked when."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection, Engine

from airlock.audit.records import compare
from airlock.chain.inquiry import answer, inquiry, to_ask_about
from airlock.governance import incident_events, incidents, inquiries, nights
from airlock.governance.deployments import Deployment, deploy
from airlock.governance.incidents import Incident
from airlock.governance.inquiries import Answer
from airlock.governance.nights import Night
from airlock.governance.records import RecordError
from airlock.governance.rollback import DRILL, swap
from airlock.monitoring.finding import Finding
from airlock.store import Store
from airlock.triage.cause import Cause
from tests.airlock.governance.records import approved_release, register

NIGHT = date(2026, 1, 11)
AT = datetime(2026, 1, 12, tzinfo=UTC)
DRIFT = Finding("column_drift", "debt", 0.4, 0.25, "debt has shifted.", "column_drift/debt")
UNCLEAR = Cause("unclear", "", "None of the known causes explains it.", (), "ask")


def recorded(engine: Engine, day: date, cause: Cause | None = UNCLEAR) -> Night:
    measures = {"cause": cause.to_json()} if cause else {}
    night = Night("loans", day, 1, 240, measures, [DRIFT.to_json()], None, AT + timedelta(days=1))
    with engine.begin() as conn:
        nights.record(conn, night)
    return night


@pytest.fixture
def incident(engine: Engine) -> Incident:
    """The open incident of a night that triage could not explain."""
    recorded(engine, NIGHT)
    with engine.begin() as conn:
        made, _ = incidents.open_incident(
            conn,
            kind="drift",
            key="night/loans/drift",
            sentence=DRIFT.sentence,
            at=AT,
            model="loans",
            day=NIGHT,
        )
    return made


def given(incident: Incident, engine: Engine, folder: Path, who: str, choice: str) -> str | None:
    said = Answer(who, choice, "I looked.", AT + timedelta(hours=1))
    return answer(incident.id, said, may_not=None, at=said.responded_at, engine=engine, store=Store(folder))


def test_of_two_answers_at_once_one_counts(incident: Incident, engine: Engine, tmp_path: Path) -> None:
    answers = [("mika", "Ignore"), ("dana", "Investigate")]
    with ThreadPoolExecutor(2) as pool:
        against = list(pool.map(lambda one: given(incident, engine, tmp_path, *one), answers))
    assert against.count(None) == 1
    with engine.connect() as conn:
        known = inquiries.answer_of(conn, incident)
        refused = inquiries.refused_answers(conn, incident)
        done = [event.event for event in incident_events.timeline(conn, incident.id)][1:]
        assert compare(conn) == (), "log and records tell the same"
    assert known is not None and known.responder == answers[against.index(None)][0]
    assert [entry.actor for entry in refused] == [who for who, _ in answers if who != known.responder]
    assert done == ["settled" if known.choice == "Ignore" else "assigned"]


def test_a_question_speaks_of_the_last_night_that_showed_the_incident(
    incident: Incident, engine: Engine
) -> None:
    again = recorded(engine, NIGHT + timedelta(days=1))
    with engine.begin() as conn:
        incidents.open_incident(
            conn,
            kind="drift",
            key=incident.key,
            sentence=DRIFT.sentence,
            at=AT,
            model="loans",
            day=again.night,
        )
        about = inquiry(conn, incident)
    assert about.night.night == again.night and about.cause == UNCLEAR
    assert [(one.how_bad, one.since) for one in about.found] == [("1.6 times its limit", NIGHT)]


def test_only_an_unclear_night_asks_and_only_the_newest(incident: Incident, engine: Engine) -> None:
    explained = recorded(engine, NIGHT + timedelta(days=1), cause=None)
    with engine.connect() as conn:
        unclear = nights.find(conn, "loans", NIGHT)
        assert unclear is not None
        assert (to_ask_about(conn, unclear), to_ask_about(conn, explained)) == ((), ())
    newest = recorded(engine, NIGHT + timedelta(days=2))
    with engine.connect() as conn:
        assert to_ask_about(conn, newest) == (incident,)


def test_an_incident_that_is_not_there_is_not_answered(engine: Engine, tmp_path: Path) -> None:
    gone = Answer("mika", "Ignore", "I looked.", AT)
    with pytest.raises(RecordError, match="There is no incident 4711"):
        answer(4711, gone, may_not=None, at=AT, engine=engine, store=Store(tmp_path))


def test_during_a_drill_the_way_back_is_from_the_version_that_it_replaced(
    incident: Incident, engine: Engine, tmp_path: Path
) -> None:
    with engine.begin() as conn:
        first, second = (made(conn, version) for version in (1, 2))
        swap(conn, second, first, by="drill", because=DRILL, at=AT, run="drill/monthly")
        way = inquiry(conn, incident).way
    assert way.serves == replace(second, retired_at=AT, retired_because=DRILL) and "version 2" in way.against
    assert "version 2 serves now" in str(given(incident, engine, tmp_path, "mika", "Roll back"))


def made(conn: Connection, version: int) -> Deployment:
    candidate = register(conn, model="loans", version=version)
    return deploy(conn, approved_release(conn, candidate), candidate, AT)
