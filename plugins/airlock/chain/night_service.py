"""What the scoring API counted of a model in a night."""

from sqlalchemy.engine import Engine

from airlock.data.window import Window
from airlock.governance import api_hours
from airlock.monitoring.service import ServiceFigures, measure


def measure_service(model: str, night: Window, engine: Engine) -> ServiceFigures | None:
    """Measure the night's requests; None where there was none.

    A worker writes its counts each minute. Those that came late, because the worker ended while PostgreSQL
    was away, count from then on: a night measured again knows them.
    """
    assert night.start is not None and night.end is not None
    with engine.connect() as connection:
        hours = api_hours.between(connection, model, night.start, night.end)
    if not hours:
        return None
    return measure(
        sum(hour.requests for hour in hours),
        sum(hour.refusals for hour in hours),
        sum(hour.failures for hour in hours),
        [sum(counts) for counts in zip(*(hour.buckets for hour in hours), strict=True)],
    )
