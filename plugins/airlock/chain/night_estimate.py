"""What the newest answers are worth by estimate, as long as nobody knows what came true."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from airlock.data.window import Window
from airlock.governance.predictions import stream_window
from airlock.monitoring import estimate
from airlock.monitoring.estimate import Estimates
from airlock.package.labels import label_of
from airlock.package.package import Package
from airlock.spec import ModelSpec, Task
from airlock.store import Store

if TYPE_CHECKING:
    import numpy as np


def measure_estimates(
    spec: ModelSpec, night: Window, package: Package, version: int, store: Store, engine: Engine
) -> Estimates | None:
    """Estimate what a version's answers are worth: of the night, and of the time without outcomes.

    Only a binary model can be estimated: its score says how sure it is of the one answer that is counted.
    """
    if spec.task is not Task.BINARY:
        return None
    assert night.start is not None and night.end is not None
    since, asked = pending_since(spec, night), spec.monitoring.performance
    read = Window(min(since or night.start, night.start), night.end)
    moments, scores, yes = _answers(spec, read, version, store, engine)
    profile = package.profile()
    of_night = moments >= _microseconds(night.start)
    seen = estimate.measure(spec, profile, scores[of_night], yes[of_night])
    if since is None or asked is None:
        return Estimates(seen)
    late = moments >= _microseconds(since)
    pending = estimate.measure(spec, profile, scores[late], yes[late], least=asked.minimum_rows)
    return Estimates(seen, pending, since)


def pending_since(spec: ModelSpec, night: Window) -> datetime | None:
    """Return from when on outcomes had no time to arrive by the night's end, as far back as is judged."""
    asked, delay = spec.monitoring.performance, spec.data.outcome_delay
    if asked is None or night.end is None or not delay:
        return None
    return night.end - min(delay, asked.window)


def _answers(
    spec: ModelSpec, window: Window, version: int, store: Store, engine: Engine
) -> "tuple[np.ndarray, np.ndarray, np.ndarray]":
    """Return the moment in microseconds, the score and whether it was yes, of each answer of a version."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    positive = label_of(spec.data.positive)
    found: list[tuple[np.ndarray, ...]] = [(np.empty(0, np.int64), np.empty(0), np.empty(0, np.bool_))]
    with engine.connect() as connection:
        for piece in stream_window(connection, spec.name, window, kinds={}, store=store):
            own = piece.filter(pc.equal(piece["version"], version))
            columns = (
                own["event_time"].cast(pa.int64()),
                own["score"],
                pc.equal(own["prediction"].cast(pa.string()), positive),
            )
            found.append(tuple(column.to_numpy(zero_copy_only=False) for column in columns))
    moments, scores, yes = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return moments, scores, yes.astype(np.bool_)


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
