"""The course of a figure: what each watched night measured of it."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance.tables import nights


def course(
    conn: Connection, model: str, path: tuple[str, ...], first: date, last: date
) -> tuple[tuple[date, float], ...]:
    """Return the figure at a path of the measures, of each night from `first` to `last` that has one."""
    value = nights.c.measures[path].as_float()
    query = sa.select(nights.c.night, value).where(
        nights.c.model == model, nights.c.night.between(first, last), value.is_not(None)
    )
    return tuple((night, found) for night, found in conn.execute(query.order_by(nights.c.night)))
