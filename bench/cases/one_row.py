"""One row in process: plain JSON values in, an answer out."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.case import Case, Measured
from bench.world import World

ROWS, TIMES, WARM_UP = 200, 2000, 100
Row = dict[str, Any]


def ours(world: World) -> Measured:
    """The portable form, asked for each row alone."""
    from airlock.package.scorer import Scorer

    scorer = Scorer.load(world.package)
    return _median_of(world, lambda row: scorer.predict([row]))


def pandas_row(world: World) -> Measured:
    """A frame of one row for the pipeline's predict_proba, on one core, which is quickest for one row."""
    import pandas as pd

    from airlock.package.cores import one_core
    from airlock.package.predictor import Predictor

    pipeline = Predictor.load(world.package).pipeline
    with one_core():
        return _median_of(world, lambda row: pipeline.predict_proba(pd.DataFrame([row])))


def _median_of(world: World, answer: Callable[[Row], object]) -> Measured:
    """Return the median of the times that answers take, in milliseconds."""
    rows, took = _rows(world), []
    for place in range(WARM_UP + TIMES):
        row = rows[place % len(rows)]
        began = time.perf_counter()
        answer(row)
        took.append(time.perf_counter() - began)
    return Measured(median(took[WARM_UP:]) * 1000)


def _rows(world: World) -> list[Row]:
    """Return rows without missing values, which a frame of one row has no type for."""
    import pyarrow.parquet as pq

    table = pq.read_table(world.night, columns=list(world.spec.data.features)).slice(0, ROWS * 5)
    return [row for row in table.to_pylist() if None not in row.values()][:ROWS]


CASES = (
    Case(
        name="one row in process, median answer",
        unit="ms",
        ours=ours,
        peers={"a pandas row + pipeline.predict_proba": pandas_row},
    ),
)
