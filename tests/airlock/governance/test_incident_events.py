"""The timeline of an incident: what happened to it, in order, and nothing twice."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from airlock.governance import audit_log, incident_events, incidents
from airlock.governance.engine import connect
from airlock.governance.incidents import Incident
from airlock.governance.records import RecordError
from airlock.governance.tables import incident_events as table
from tests.airlock.governance.records import MOMENT
from tests.airlock.governance.test_incidents import LATER, found

BEFORE = """
INSERT INTO incidents (kind, key, sentence, facts, found_at, state, settled_by, settled_at, settled_because)
VALUES
    ('alias_moved', 'a', 'It points at 2.', '{}', '2026-03-05Z', 'settled', 'mika', '2026-03-06Z', 'Back.'),
    ('alias_moved', 'b', 'It points at 3.', '{}', '2026-03-05Z', 'open', NULL, NULL, NULL)
"""
DAY = timedelta(days=1)
FIRST = date(2026, 3, 5)
PERSON: dict[str, Any] = {"by": "mika", "at": LATER, "run": "incident/manual__1"}


def seen(conn: Connection, day: date = FIRST, **changes: Any) -> Incident:
    about = {"kind": "drift", "key": "night/loans/drift", "run": "loans.monitor/scheduled__1"}
    return found(conn, **{**about, "day": day, "found": {"column_drift/debt": 1.2}, **changes})[0]


def timeline(conn: Connection, incident: Incident) -> list[tuple[str, str, str]]:
    return [(one.event, one.by, one.text) for one in incident_events.timeline(conn, incident.id)]


def test_opening_begins_it_with_the_night_the_run_and_the_figures(conn: Connection) -> None:
    (opened,) = incident_events.timeline(conn, seen(conn).id)
    assert (opened.event, opened.by, opened.day, opened.run, opened.facts, opened.owner) == (
        "opened",
        "loans.monitor",
        FIRST,
        "loans.monitor/scheduled__1",
        {"column_drift/debt": 1.2},
        None,
    )


def test_found_on_another_night_it_was_seen_again_once_however_often_one_looks(conn: Connection) -> None:
    for day in (FIRST, FIRST, FIRST + DAY, FIRST + DAY, FIRST + 2 * DAY):
        incident = seen(conn, day)
    assert [one.event for one in incident_events.timeline(conn, incident.id)] == [
        "opened",
        "seen_again",
        "seen_again",
    ]


def test_without_a_night_the_day_of_the_look_counts(conn: Connection) -> None:
    incident, _ = found(conn)
    (opened,) = incident_events.timeline(conn, incident.id)
    assert opened.day == MOMENT.date()


def test_people_assign_note_and_settle_and_the_log_says_so(conn: Connection) -> None:
    incident = seen(conn)
    incidents.assign(conn, incident.id, owner="dana", because="She knows the feed.", **PERSON)
    incidents.note(conn, incident.id, text="The bureau changed its units.", **PERSON)
    incidents.settle(conn, incident.id, because="They changed them back.", **PERSON)
    assert timeline(conn, incident)[1:] == [
        ("assigned", "mika", "She knows the feed."),
        ("noted", "mika", "The bureau changed its units."),
        ("settled", "mika", "They changed them back."),
    ]
    assert [entry.act for entry in audit_log.entries(conn)] == [
        "incident_opened",
        "incident_assigned",
        "incident_noted",
        "incident_settled",
    ]


def test_a_recovery_is_settled_by_the_monitor_on_its_night(conn: Connection) -> None:
    incident = seen(conn)
    by = {"by": "loans.monitor", "run": "loans.monitor/2", "at": LATER}
    done = incidents.settle(conn, incident.id, because="It was calm.", recovered_on=FIRST + DAY, **by)
    *_, last = incident_events.timeline(conn, incident.id)
    assert (last.event, last.day, done.state, done.settled_by) == (
        "recovered",
        FIRST + DAY,
        "settled",
        "loans.monitor",
    )


@pytest.mark.parametrize("words", ["", "  "])
def test_nothing_is_said_without_words(conn: Connection, words: str) -> None:
    incident = seen(conn)
    with pytest.raises(RecordError, match="said by somebody, in words"):
        incidents.note(conn, incident.id, text=words, **PERSON)
    with pytest.raises(RecordError, match="said by somebody, in words"):
        incidents.assign(conn, incident.id, owner="dana", because=words, **PERSON)
    assert len(timeline(conn, incident)) == 1


def test_nothing_is_said_of_what_was_settled_or_never_was(conn: Connection) -> None:
    incident = seen(conn)
    incidents.settle(conn, incident.id, because="They changed them back.", **PERSON)
    with pytest.raises(RecordError, match="was settled by mika"):
        incidents.note(conn, incident.id, text="And again.", **PERSON)
    with pytest.raises(RecordError, match=f"There is no incident {incident.id + 999}"):
        incidents.assign(conn, incident.id + 999, owner="dana", because="Hers.", **PERSON)


def test_a_run_is_linked_once(conn: Connection) -> None:
    incident = seen(conn)
    link = {"by": "loans.train", "at": LATER, "text": "A training began.", "run": "loans.train/asset__1"}
    assert incident_events.append(conn, incident.id, "run_linked", **link)
    assert incident_events.append(conn, incident.id, "run_linked", **link) is None
    assert [event for event, *_ in timeline(conn, incident)] == ["opened", "run_linked"]


def test_news_are_what_was_opened_or_worsened_on_that_day(conn: Connection) -> None:
    incident = seen(conn)
    seen(conn, FIRST + DAY)
    worse: dict[str, Any] = {"by": "loans.monitor", "at": LATER, "text": "Twice as far.", "day": FIRST + DAY}
    incident_events.append(conn, incident.id, "worsened", **worse)

    def news(day: date, model: str = "loans", kind: str = "drift") -> list[str]:
        return [one.event for one in incident_events.news_of(conn, model, day, [kind], untold_since=None)]

    assert (news(FIRST), news(FIRST + DAY), news(FIRST + 2 * DAY)) == (["opened"], ["worsened"], [])
    untold = incident_events.news_of(conn, "loans", FIRST + 2 * DAY, ["drift"], untold_since=MOMENT)
    assert [one.event for one in untold] == ["worsened"]
    assert (news(FIRST, model="other"), news(FIRST, kind="alias_moved")) == ([], [])


@pytest.mark.parametrize("change", [{"event": "forgotten"}, {"event": "assigned"}, {"owner": "dana"}])
def test_the_database_refuses_events_that_say_nothing(conn: Connection, change: dict[str, Any]) -> None:
    values = {
        "incident_id": seen(conn).id,
        "event": "noted",
        "at": MOMENT,
        "by": "x",
        "text": "",
        "facts": {},
    }
    with pytest.raises(IntegrityError):
        conn.execute(insert(table).values(values | change))


def test_incidents_from_before_there_were_timelines_have_one(migrate: Any, fresh_database: str) -> None:
    migrate(fresh_database, "upgrade", "0006")
    engine = connect(fresh_database)
    with engine.begin() as conn:
        conn.execute(text(BEFORE))
        for act, actor in (("incident_opened", "audit"), ("incident_settled", "mika")):
            facts = {"incident": 1}
            audit_log.append(conn, act, actor=actor, at=MOMENT, run=f"{actor}/run", facts=facts)
    migrate(fresh_database, "upgrade", "head")
    with engine.connect() as conn:
        events = [(one.event, one.by, one.run, one.text) for one in incident_events.timeline(conn, 1)]
        (unlogged,) = incident_events.timeline(conn, 2)
    engine.dispose()
    assert events == [
        ("opened", "audit", "audit/run", "It points at 2."),
        ("settled", "mika", "mika/run", "Back."),
    ]
    assert (unlogged.event, unlogged.by, unlogged.day) == ("opened", "audit", FIRST)
