"""Incident events: the timeline of each incident, which only ever grows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from airlock.governance.records import record_of
from airlock.governance.tables import incident_events, incidents

Event = Literal["opened", "seen_again", "worsened", "assigned", "noted", "run_linked", "recovered", "settled"]
#: Events that say that what the incident is about was there.
SEEN: tuple[Event, ...] = ("opened", "seen_again", "worsened")
#: Those of them that somebody must be told of.
NEWS: tuple[Event, ...] = ("opened", "worsened")


@dataclass(frozen=True)
class IncidentEvent:
    """One thing that happened to an incident.

    Attributes
    ----------
    by
        The Airflow user, or the Dag that looked.
    run
        The Dag run that it has to do with, as `<dag id>/<run id>`.
    day
        The night that was watched, or the day of the look.
    owner
        Of `assigned`: whose the incident is from then on.
    facts
        What was found, by its key, and how much. Plain JSON, never a row's values.
    """

    id: int
    incident_id: int
    event: Event
    at: datetime
    by: str
    text: str
    run: str | None
    day: date | None
    owner: str | None
    facts: Mapping[str, Any]


def append(
    conn: Connection,
    incident_id: int,
    event: Event,
    *,
    by: str,
    at: datetime,
    text: str,
    run: str | None = None,
    day: date | None = None,
    owner: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> int | None:
    """Add an event and return its id; None where a day was seen, or a run linked, before."""
    values = {"incident_id": incident_id, "event": event, "by": by, "at": at, "text": text}
    more = {"run": run, "day": day, "owner": owner, "facts": dict(facts or {})}
    made = insert(incident_events).values(**values, **more).on_conflict_do_nothing()
    return conn.execute(made.returning(incident_events.c.id)).scalar_one_or_none()


def timeline(conn: Connection, incident_id: int) -> tuple[IncidentEvent, ...]:
    """Return everything that happened to an incident, oldest first."""
    of_one = sa.select(incident_events).where(incident_events.c.incident_id == incident_id)
    return tuple(record_of(IncidentEvent, row) for row in conn.execute(of_one.order_by(incident_events.c.id)))


def news_of(
    conn: Connection, model: str, day: date, kinds: Iterable[str], *, untold_since: datetime | None
) -> tuple[IncidentEvent, ...]:
    """Return what a model's incidents of some kinds brought that somebody must be told of, oldest first.

    That is what they brought on a day and, with `untold_since`, what those that are open brought since then.
    """
    told = [incident_events.c.day == day]
    if untold_since:
        told.append((incident_events.c.at > untold_since) & (incidents.c.state == "open"))
    query = (
        sa.select(incident_events)
        .join(incidents, incidents.c.id == incident_events.c.incident_id)
        .where(
            sa.or_(*told),
            incident_events.c.event.in_(NEWS),
            incidents.c.model == model,
            incidents.c.kind.in_(tuple(kinds)),
        )
    )
    return tuple(record_of(IncidentEvent, row) for row in conn.execute(query.order_by(incident_events.c.id)))
