"""What came true of the answers whose outcomes had time to arrive by a night's end."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from airlock.chain.known_outcomes import known_outcomes
from airlock.data.read import NoRows
from airlock.data.window import Window
from airlock.governance.predictions import of_window
from airlock.monitoring import performance
from airlock.monitoring.performance import Performance
from airlock.spec import ModelSpec
from airlock.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

Connect = Callable[[str], Engine]


def cohort_of(spec: ModelSpec, night: Window) -> Window | None:
    """Return the events whose outcomes had time to arrive by the night's end, where they are asked for."""
    asked, end = spec.monitoring.performance, night.end
    if asked is None or end is None:
        return None
    until = end - spec.data.outcome_delay
    return Window(until - asked.window, until)


def measure_outcomes(
    spec: ModelSpec,
    night: Window,
    store: Store,
    engine: Engine,
    models: Path,
    connect: Connect,
    *,
    heard_by: datetime,
) -> "tuple[Performance | None, pa.Table | None]":
    """Measure the cohort whose outcomes had time to arrive by the night's end; return its outcomes, too."""
    cohort, end = cohort_of(spec, night), night.end
    if cohort is None or end is None:
        return None, None
    with engine.connect() as connection:
        predictions = of_window(connection, spec.name, cohort, kinds={}, store=store)
    if not len(predictions):
        return None, None
    try:
        known = known_outcomes(
            spec,
            cohort,
            as_of=end.astimezone(UTC),
            heard_by=heard_by,
            engine=engine,
            models=models,
            connect=connect,
        )
    except NoRows as error:
        return Performance(len(predictions), 0, None, None, metrics=None, reason=str(error)), None
    outcomes = performance.joined(spec, predictions, known)
    return performance.measure(spec, len(predictions), outcomes), outcomes
