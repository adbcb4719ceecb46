"""The page of incidents: what is not as the records say, since when, and how to restore it."""

from collections.abc import Sequence

import sqlalchemy as sa
from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.engine import Connection, RowMapping

from airlock.governance.tables import incidents
from airlock.settings import database_url
from airlock.ui.queries import NEWEST, engine
from airlock.ui.rendering import html

MOST_OPEN = 200


def incidents_page(request: Request) -> HTMLResponse:
    """Show the open incidents, oldest first, and those settled lately."""
    with engine(database_url()).connect() as connection:
        count = open_incidents(connection)
        waiting = _all(connection, incidents.c.state == "open", incidents.c.id, MOST_OPEN)
        settled = _all(connection, incidents.c.state == "settled", incidents.c.settled_at.desc(), NEWEST)
    limits = {"open": MOST_OPEN, "settled": NEWEST}
    return html("incidents", request, count=count, open=waiting, settled=settled, limits=limits)


def open_incidents(conn: Connection) -> int:
    """Return how many incidents wait for a person."""
    query = sa.select(sa.func.count()).where(incidents.c.state == "open")
    return conn.execute(query).scalar_one()


def _all(
    conn: Connection, condition: sa.ColumnElement[bool], order: sa.ColumnElement, most: int
) -> Sequence[RowMapping]:
    query = sa.select(incidents).where(condition).order_by(order, incidents.c.id).limit(most)
    return conn.execute(query).mappings().all()
