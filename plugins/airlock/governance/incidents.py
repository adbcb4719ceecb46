"""Incidents: what a person must look at, open until somebody settles it with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import audit_log, incident_events
from airlock.governance.engine import lock
from airlock.governance.records import RecordError, record_of
from airlock.governance.tables import incidents

State = Literal["open", "settled"]


@dataclass(frozen=True)
class Incident:
    """Something that is not as the records say it must be; `key` names what it is about."""

    id: int
    kind: str
    key: str
    model: str | None
    sentence: str
    facts: Mapping[str, Any]
    found_at: datetime
    state: State
    settled_by: str | None
    settled_at: datetime | None
    settled_because: str | None


def open_incident(
    conn: Connection,
    *,
    kind: str,
    key: str,
    sentence: str,
    at: datetime,
    model: str | None = None,
    facts: Mapping[str, Any] | None = None,
    run: str | None = None,
    day: date | None = None,
    found: Mapping[str, float | None] | None = None,
) -> tuple[Incident, bool]:
    """Open an incident and say whether it is new; what is found again while it is open is the same one.

    Both are in its timeline; however often one looks, it was seen again once a day.

    Parameters
    ----------
    kind, key
        What kind of thing it is, and which thing: one incident of a key is open at a time.
    facts
        Plain JSON values: versions, digests, what was found. Never a row's values or a secret.
    run
        The Dag run that found it, as `<dag id>/<run id>`, whose Dag is the actor in the audit log.
    day
        The night that was watched; where there is none, the day of `at` in UTC.
    found
        What was found, by its key, and how much.
    """
    lock(conn, f"incident {key}")
    actor = run.partition("/")[0] if run else "audit"
    day = day or at.astimezone(UTC).date()
    seen: dict[str, Any] = {"by": actor, "at": at, "text": sentence, "run": run, "day": day, "facts": found}
    if (known := open_one(conn, key)) is not None:
        if not any(
            one.event == "opened" and one.day == day for one in incident_events.timeline(conn, known.id)
        ):
            incident_events.append(conn, known.id, "seen_again", **seen)
        return known, False
    values = {"kind": kind, "key": key, "model": model, "sentence": sentence, "found_at": at}
    made = sa.insert(incidents).values({**values, "facts": dict(facts or {})}).returning(incidents)
    incident = record_of(Incident, conn.execute(made).one())
    incident_events.append(conn, incident.id, "opened", **seen)
    audit_log.append(
        conn,
        "incident_opened",
        actor=actor,
        at=at,
        model=model,
        run=run,
        facts={"incident": incident.id, "kind": kind, "key": key, "sentence": sentence, **incident.facts},
    )
    return incident, True


def assign(
    conn: Connection, incident_id: int, *, owner: str, by: str, because: str, at: datetime, run: str
) -> Incident:
    """Give an open incident to somebody.

    Raises
    ------
    RecordError
        When there is no such open incident, or no reason.
    """
    return _say(conn, incident_id, "assigned", by=by, text=because, at=at, run=run, owner=owner)


def note(conn: Connection, incident_id: int, *, by: str, text: str, at: datetime, run: str) -> Incident:
    """Write down in the timeline of an open incident what somebody found out.

    Raises
    ------
    RecordError
        When there is no such open incident, or nothing to write down.
    """
    return _say(conn, incident_id, "noted", by=by, text=text, at=at, run=run, owner=None)


def settle(
    conn: Connection,
    incident_id: int,
    *,
    by: str,
    because: str,
    at: datetime,
    run: str | None,
    recovered_on: date | None = None,
) -> Incident:
    """Settle an open incident; `recovered_on` is the night without it, where nobody but that says so.

    Raises
    ------
    RecordError
        When there is no such open incident, or nobody or nothing is named.
    """
    incident = _open(conn, incident_id, by, because)
    change = sa.update(incidents).where(incidents.c.id == incident_id)
    made = change.values(state="settled", settled_by=by, settled_at=at, settled_because=because)
    row = conn.execute(made.returning(incidents)).one()
    event: incident_events.Event = "recovered" if recovered_on else "settled"
    incident_events.append(conn, incident_id, event, by=by, at=at, text=because, run=run, day=recovered_on)
    audit_log.append(
        conn,
        "incident_settled",
        actor=by,
        at=at,
        model=incident.model,
        run=run,
        facts={"incident": incident_id, "kind": incident.kind, "key": incident.key, "reason": because},
    )
    return record_of(Incident, row)


def open_ones(conn: Connection, model: str | None = None) -> tuple[Incident, ...]:
    """Return what is open, of one model or of everything, oldest first."""
    about = [incidents.c.model == model] if model else []
    query = sa.select(incidents).where(incidents.c.state == "open", *about).order_by(incidents.c.id)
    return tuple(record_of(Incident, row) for row in conn.execute(query))


def find(conn: Connection, incident_id: int) -> Incident | None:
    """Return an incident by its id."""
    return _one(conn, incidents.c.id == incident_id)


def last_settled(conn: Connection, key: str) -> Incident | None:
    """Return the incident of a key that was settled last."""
    return _one(conn, incidents.c.key == key, incidents.c.state == "settled")


def open_one(conn: Connection, key: str) -> Incident | None:
    """Return the incident of a key that is open."""
    return _one(conn, incidents.c.key == key, incidents.c.state == "open")


def _say(
    conn: Connection,
    incident_id: int,
    event: Literal["assigned", "noted"],
    *,
    by: str,
    text: str,
    at: datetime,
    run: str,
    owner: str | None,
) -> Incident:
    incident = _open(conn, incident_id, by, text)
    number = incident_events.append(conn, incident_id, event, by=by, at=at, text=text, run=run, owner=owner)
    facts = {"incident": incident_id, "event": number, "text": text, "owner": owner}
    act: audit_log.Act = "incident_assigned" if event == "assigned" else "incident_noted"
    audit_log.append(conn, act, actor=by, at=at, model=incident.model, run=run, facts=facts)
    return incident


def _open(conn: Connection, incident_id: int, by: str, text: str) -> Incident:
    """Return an open incident, which nobody else changes until the transaction ends."""
    known = find(conn, incident_id)
    if known is None:
        raise RecordError(f"There is no incident {incident_id}. The page of incidents lists those that are.")
    lock(conn, f"incident {known.key}")
    if not (by.strip() and text.strip()):
        raise RecordError(
            f"Whatever is said about incident {incident_id} is said by somebody, in words. Give both."
        )
    known = find(conn, incident_id)
    if known is None or known.state != "open":
        who = known.settled_by if known else "nobody"
        raise RecordError(f"Incident {incident_id} was settled by {who}, and a record is never changed.")
    return known


def _one(conn: Connection, *conditions: sa.ColumnElement[bool]) -> Incident | None:
    query = sa.select(incidents).where(*conditions).order_by(incidents.c.id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else record_of(Incident, row)
