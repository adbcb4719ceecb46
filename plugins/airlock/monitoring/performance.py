"""Performance: what the champion's predictions were worth, as soon as their outcomes have arrived."""

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.evaluation.metrics import compute
from airlock.package.answers import Answers
from airlock.package.labels import label_of, truth_of
from airlock.spec import ModelSpec


@dataclass(frozen=True)
class Performance:
    """Metrics over the predictions whose outcome is known; without them, `reason` says why.

    `start` and `end` are the first and last event among the `rows` that count; `predictions` is how many
    there were before outcomes were asked for. A metric is None where it is not defined.
    """

    predictions: int
    rows: int
    start: datetime | None
    end: datetime | None
    metrics: dict[str, float | None] | None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the performance as plain JSON values."""
        moments = {
            name: at.isoformat() if at else None for name, at in (("start", self.start), ("end", self.end))
        }
        return {**asdict(self), **moments}


def measure(spec: ModelSpec, predictions: int, known: pa.Table) -> Performance | None:
    """Measure predictions whose outcomes are known; None where the spec asks for no performance.

    Parameters
    ----------
    spec
        The model's spec; `monitoring.performance.minimum_rows` is the least that is measured.
    predictions
        How many there were before outcomes were asked for.
    known
        What `joined` made of them and their outcomes.
    """
    asked = spec.monitoring.performance
    if asked is None:
        return None
    period = pc.min_max(known["event_time"]).as_py() if known.num_rows else {"min": None, "max": None}
    found = (predictions, known.num_rows, period["min"], period["max"])
    if known.num_rows < asked.minimum_rows:
        return Performance(
            *found,
            metrics=None,
            reason=f"{known.num_rows} of {predictions} predictions have an outcome so far; "
            f"at least {asked.minimum_rows} are needed.",
        )
    return Performance(*found, metrics=_metrics(spec, known))


def logged_answers(predictions: pa.Table) -> Answers:
    """Return the answers in a table from the prediction log."""
    return Answers(
        predictions["score"].cast(pa.float64()).to_numpy(),
        predictions["prediction"].to_pylist(),
    )


def joined(spec: ModelSpec, predictions: pa.Table, outcomes: pa.Table) -> pa.Table:
    """Return the latest prediction of each entity whose outcome is known, with its `outcome` beside.

    Parameters
    ----------
    predictions
        The champion's, with entity_key, event_time, score and prediction; the rest stays with them.
    outcomes
        The entity key and the target, named as in the spec, as far as known; a null has not arrived yet. And
        protected columns, if any.
    """
    arrived = outcomes.filter(pc.is_valid(outcomes[spec.data.target]))
    found, known = beside(spec, predictions, arrived)
    return found.append_column("outcome", known[spec.data.target])


def beside(spec: ModelSpec, predictions: pa.Table, table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return the latest prediction of each entity that a table knows, and the table's rows in that order.

    What the table says of people's groups stands with the predictions, as `group_column` names it.
    """
    found, place = _latest(predictions, table[spec.data.entity_key])
    known = table.take(place)
    for name in spec.data.protected:
        if name in known.column_names:
            found = found.append_column(group_column(name), known[name])
    return found, known


def group_column(name: str) -> str:
    """Return under which name a protected column stands beside predictions, whose own names it may share."""
    return f"group of {name}"


def _latest(predictions: pa.Table, keys: pa.ChunkedArray) -> tuple[pa.Table, pa.Array]:
    keyed = predictions.filter(pc.is_valid(predictions["entity_key"])).sort_by("event_time")
    entities = keyed["entity_key"].cast(pa.string()).combine_chunks()
    place = pc.index_in(entities, value_set=keys.cast(pa.string()).combine_chunks())
    last: np.ndarray = np.zeros(len(entities), dtype=bool)
    codes = entities.dictionary_encode().indices.to_numpy()
    last[len(codes) - 1 - np.unique(codes[::-1], return_index=True)[1]] = True
    counts = pc.and_(place.is_valid(), pa.array(last))
    return keyed.filter(counts).drop_columns(["entity_key"]), place.filter(counts)


def _metrics(spec: ModelSpec, known: pa.Table) -> dict[str, float | None]:
    truth, answers = truth_of(known, "outcome", spec.task), logged_answers(known)
    positive = None if spec.data.positive is None else label_of(spec.data.positive)
    # The log keeps one score, not a probability for each class: what needs those is not defined here.
    figures = compute(spec.task, truth, answers, classes=(), positive=positive)
    return {name: figure if math.isfinite(figure) else None for name, figure in figures.items()}
