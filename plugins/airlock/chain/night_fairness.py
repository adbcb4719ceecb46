"""How protected groups fare in production: the model's own source says who people are."""

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from airlock.chain.night_outcomes import Connect
from airlock.data.read import read_columns
from airlock.data.window import Window
from airlock.governance.predictions import of_window
from airlock.monitoring import fairness
from airlock.monitoring.fairness import Comparison, Fairness
from airlock.spec import ModelSpec, Task
from airlock.store import Store

if TYPE_CHECKING:
    import pyarrow as pa


def measure_fairness(
    spec: ModelSpec,
    night: Window,
    outcomes: "pa.Table | None",
    store: Store,
    engine: Engine,
    models: Path,
    connect: Connect,
) -> Fairness | None:
    """Compare the answers of the weeks before a night's end by group, and those whose outcomes are known.

    Parameters
    ----------
    outcomes
        What `airlock.chain.night_outcomes.measure_outcomes` returned: the source was read for them already.
    """
    asked = spec.monitoring.fairness
    if asked is None:
        return None
    answers = _answers(spec, compared_window(spec, night), store, engine, models, connect)
    compared = None if outcomes is None else fairness.of_outcomes(spec, asked, outcomes)
    return Fairness.of(asked, answers, compared)


def compared_window(spec: ModelSpec, night: Window) -> Window:
    """Return the events whose answers are compared by group at a night's end."""
    asked = spec.monitoring.fairness
    assert asked is not None and night.end is not None
    return Window(night.end - asked.window, night.end)


def _answers(
    spec: ModelSpec, window: Window, store: Store, engine: Engine, models: Path, connect: Connect
) -> Comparison | None:
    asked = spec.monitoring.fairness
    if asked is None or window.end is None or spec.task is not Task.BINARY:
        return None
    with engine.connect() as connection:
        predictions = of_window(connection, spec.name, window, kinds={}, store=store)
    known = None
    if len(predictions) >= asked.minimum_rows:
        known = read_columns(
            spec,
            spec.data.protected,
            window=window,
            as_of=window.end.astimezone(UTC),
            models=models,
            connect=connect,
        )
    return fairness.of_answers(spec, asked, predictions, known)
