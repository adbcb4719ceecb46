"""Incidents: opened once, found again, settled by somebody with a reason, and in the audit log."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection, Engine

from airlock.governance import audit_log, incidents
from airlock.governance.incidents import Incident
from airlock.governance.records import RecordError
from tests.airlock.governance.records import MOMENT

KEY = "alias_moved/loans/champion"
RUN = "audit/scheduled__1"
LATER = MOMENT + timedelta(hours=9)


def found(conn: Connection, key: str = KEY, **changes: Any) -> tuple[Incident, bool]:
    given = {
        "kind": "alias_moved",
        "model": "loans",
        "sentence": "The alias champion of loans points at version 2; the record says 1.",
        "facts": {"version": 1, "found": 2},
        "at": MOMENT,
        "run": RUN,
    }
    return incidents.open_incident(conn, key=key, **{**given, **changes})


def settled(conn: Connection, incident: Incident, **changes: Any) -> Incident:
    given = {"by": "mika", "because": "the alias is back", "at": LATER, "run": "restore/manual__1"}
    return incidents.settle(conn, incident.id, **{**given, **changes})


def logged(conn: Connection) -> list[tuple[str, str, str | None, Any]]:
    return [(entry.act, entry.actor, entry.run, entry.facts) for entry in audit_log.entries(conn)]


def test_an_incident_is_recorded_with_what_was_found(conn: Connection) -> None:
    incident, new = found(conn)
    assert new
    assert incidents.find(conn, incident.id) == incident
    assert (incident.state, incident.model, incident.found_at) == ("open", "loans", MOMENT)
    assert incident.facts == {"version": 1, "found": 2}
    assert incidents.open_ones(conn) == incidents.open_ones(conn, "loans") == (incident,)
    assert incidents.open_ones(conn, "others") == ()


def test_what_is_found_again_is_the_same_incident(conn: Connection) -> None:
    first, _ = found(conn)
    again, new = found(conn, sentence="It still does.", at=LATER)
    assert (again, new) == (first, False)
    assert [act for act, *_ in logged(conn)] == ["incident_opened"]


def test_another_thing_is_another_incident(conn: Connection) -> None:
    found(conn)
    _, new = found(conn, "alias_moved/other/champion", model="other")
    assert new
    assert len(incidents.open_ones(conn)) == 2


def test_two_looks_at_once_open_one(engine: Engine) -> None:
    def look(_: int) -> bool:
        with engine.begin() as conn:
            return found(conn)[1]

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(look, range(4))) == [False, False, False, True]


def test_somebody_settles_it_with_a_reason(conn: Connection) -> None:
    incident, _ = found(conn)
    done = settled(conn, incident)
    assert (done.state, done.settled_by, done.settled_at) == ("settled", "mika", LATER)
    assert done.settled_because == "the alias is back"
    assert incidents.open_ones(conn) == ()
    assert incidents.last_settled(conn, KEY) == done
    assert incidents.last_settled(conn, "another") is None


def test_what_comes_back_after_it_was_settled_is_a_new_incident(conn: Connection) -> None:
    first, _ = found(conn)
    settled(conn, first)
    again, new = found(conn, at=LATER)
    assert new and again.id != first.id


def test_both_are_in_the_audit_log_with_who_and_why(conn: Connection) -> None:
    incident, _ = found(conn)
    settled(conn, incident)
    about = {"incident": incident.id, "kind": "alias_moved", "key": KEY}
    opened, closed = logged(conn)
    assert opened == (
        "incident_opened",
        "audit",
        RUN,
        {**about, "sentence": incident.sentence, "version": 1, "found": 2},
    )
    assert closed == (
        "incident_settled",
        "mika",
        "restore/manual__1",
        {**about, "reason": "the alias is back"},
    )


@pytest.mark.parametrize(
    "act",
    [
        lambda conn, one: settled(conn, one, by=" "),
        lambda conn, one: settled(conn, one, because=" "),
        lambda conn, one: incidents.settle(
            conn, one.id + 999, by="mika", because="mended", at=LATER, run=None
        ),
    ],
)
def test_nobody_and_no_reason_settle_nothing(conn: Connection, act: Callable[..., Any]) -> None:
    incident, _ = found(conn)
    with pytest.raises(RecordError):
        act(conn, incident)
    assert incidents.open_ones(conn) == (incident,)


def test_what_was_settled_is_settled_once(conn: Connection) -> None:
    incident, _ = found(conn)
    settled(conn, incident)
    with pytest.raises(RecordError, match=r"was settled by mika, and a record is never changed"):
        settled(conn, incident, by="admin")
