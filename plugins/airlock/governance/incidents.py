"""Incidents: what a person must look at, open until somebody settles it with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import audit_log
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
) -> tuple[Incident, bool]:
    """Open an incident and say whether it is new; what is found again while it is open is the same one.

    Parameters
    ----------
    kind, key
        What kind of thing it is, and which thing: one incident of a key is open at a time.
    facts
        Plain JSON values: versions, digests, what was found. Never a row's values or a secret.
    run
        The Dag run that found it, as `<dag id>/<run id>`, whose Dag is the actor in the audit log.
    """
    lock(conn, f"incident {key}")
    if (known := _one(conn, incidents.c.key == key, incidents.c.state == "open")) is not None:
        return known, False
    values = {"kind": kind, "key": key, "model": model, "sentence": sentence, "found_at": at}
    made = sa.insert(incidents).values({**values, "facts": dict(facts or {})}).returning(incidents)
    incident = record_of(Incident, conn.execute(made).one())
    audit_log.append(
        conn,
        "incident_opened",
        actor=run.partition("/")[0] if run else "audit",
        at=at,
        model=model,
        run=run,
        facts={"incident": incident.id, "kind": kind, "key": key, "sentence": sentence, **incident.facts},
    )
    return incident, True


def settle(
    conn: Connection, incident_id: int, *, by: str, because: str, at: datetime, run: str | None
) -> Incident:
    """Settle an open incident.

    Raises
    ------
    RecordError
        When there is no such incident, it was settled before, or nobody or nothing is named.
    """
    incident = find(conn, incident_id)
    if incident is None:
        raise RecordError(f"There is no incident {incident_id}. The page of incidents lists those that are.")
    lock(conn, f"incident {incident.key}")
    if not (by.strip() and because.strip()):
        raise RecordError(f"Incident {incident_id} is settled by somebody and for a reason. Give both.")
    change = (
        sa.update(incidents)
        .where(incidents.c.id == incident_id, incidents.c.state == "open")
        .values(state="settled", settled_by=by, settled_at=at, settled_because=because)
        .returning(incidents)
    )
    row = conn.execute(change).one_or_none()
    if row is None:
        known = find(conn, incident_id)
        who = known.settled_by if known else "nobody"
        raise RecordError(f"Incident {incident_id} was settled by {who}, and a record is never changed.")
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


def _one(conn: Connection, *conditions: sa.ColumnElement[bool]) -> Incident | None:
    query = sa.select(incidents).where(*conditions).order_by(incidents.c.id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else record_of(Incident, row)
