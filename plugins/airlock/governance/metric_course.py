"""The course of a metric: what each watched night measured of the champion's answers."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance.tables import nights


def course(
    conn: Connection, model: str, metric: str, first: date, last: date
) -> tuple[tuple[date, float], ...]:
    """Return the metric of each night from `first` to `last` that could measure it."""
    value = nights.c.measures["performance"]["metrics"][metric].as_float()
    query = sa.select(nights.c.night, value).where(
        nights.c.model == model, nights.c.night.between(first, last), value.is_not(None)
    )
    return tuple((night, found) for night, found in conn.execute(query.order_by(nights.c.night)))
