"""The pages of incidents: those that are open and were settled lately, and the timeline of one."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.engine import Connection, RowMapping

from airlock.governance.incident_events import SEEN
from airlock.governance.tables import incident_events, incidents, nights
from airlock.settings import database_url
from airlock.ui.queries import NEWEST, engine
from airlock.ui.rendering import html

MOST_OPEN = 200
MOST_EVENTS = 500
#: The largest number of an incident that the database can hold.
LAST_NUMBER = 2**63 - 1


def incidents_page(request: Request) -> HTMLResponse:
    """Show the open incidents, oldest first, and those settled lately."""
    with engine(database_url()).connect() as connection:
        count = open_incidents(connection)
        waiting = _all(connection, incidents.c.state == "open", incidents.c.id, MOST_OPEN)
        settled = _all(connection, incidents.c.state == "settled", incidents.c.settled_at.desc(), NEWEST)
    limits = {"open": MOST_OPEN, "settled": NEWEST}
    return html("incidents", request, count=count, open=waiting, settled=settled, limits=limits)


def incident_page(request: Request, number: str) -> HTMLResponse:
    """Show one incident: whose it is, what to do, and what happened to it, newest first."""
    known = int(number) if number.isascii() and number.isdigit() else 0
    with engine(database_url()).connect() as connection:
        found = _all(connection, incidents.c.id == min(known, LAST_NUMBER), incidents.c.id, 1)
        if not found:
            raise HTTPException(
                404, f"There is no incident {number}. The page of incidents lists those that are."
            )
        events = _timeline(connection, found[0])
    return html("incident", request, one=found[0], events=events, most_events=MOST_EVENTS)


def open_incidents(conn: Connection) -> int:
    """Return how many incidents are open."""
    query = sa.select(sa.func.count()).where(incidents.c.state == "open")
    return conn.execute(query).scalar_one()


def open_of(conn: Connection, model: str) -> Sequence[RowMapping]:
    """Return the open incidents of one model, oldest first."""
    about = (incidents.c.state == "open") & (incidents.c.model == model)
    return _all(conn, about, incidents.c.id, MOST_OPEN)


def _all(
    conn: Connection, condition: sa.ColumnElement[bool], order: sa.ColumnElement, most: int
) -> Sequence[RowMapping]:
    """Return incidents with their owner and when each was seen last, both None where nothing says so."""
    of_one = incident_events.c.incident_id == incidents.c.id
    owner = sa.select(incident_events.c.owner).where(of_one, incident_events.c.event == "assigned")
    seen = sa.select(sa.func.max(incident_events.c.day)).where(of_one, incident_events.c.event.in_(SEEN))
    query: sa.Select[Any] = sa.select(
        incidents,
        owner.order_by(incident_events.c.id.desc()).limit(1).scalar_subquery().label("owner"),
        seen.scalar_subquery().label("last_seen"),
    )
    return conn.execute(query.where(condition).order_by(order, incidents.c.id).limit(most)).mappings().all()


def _timeline(conn: Connection, incident: RowMapping) -> Sequence[RowMapping]:
    """Return the newest events of an incident, each with the report of its night where there is one."""
    night = (nights.c.model == incident["model"]) & (nights.c.night == incident_events.c.day)
    query = sa.select(incident_events, nights.c.report).outerjoin(nights, night)
    of_one = query.where(incident_events.c.incident_id == incident["id"])
    return conn.execute(of_one.order_by(incident_events.c.id.desc()).limit(MOST_EVENTS)).mappings().all()
