"""Batch scoring: the rows of a night, answered by one version and written to the prediction log."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from airlock.governance.predictions import PredictionRow, batch_id, replace_night
from airlock.spec import ModelSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from airlock.data.window import Window
    from airlock.package.predictor import Predictor

ROWS_AT_ONCE = 10_000


def score_night(
    engine: Engine,
    spec: ModelSpec,
    predictor: "Predictor",
    version: int,
    table: "pa.Table",
    *,
    window: "Window",
    at: datetime,
) -> int:
    """Answer every row of a night and log it in place of what was logged for the night; return how many.

    Parameters
    ----------
    engine
        The airlock database.
    spec
        The model's spec, which names the entity key and the event time.
    predictor, version
        What answers.
    table
        The night's rows, as `airlock.data.read` returns them.
    window
        The night: one whole day in UTC.
    at
        When it was scored.
    """
    run_key = window.night.isoformat()
    with engine.begin() as conn:
        replace_night(
            conn, spec.name, run_key, _rows(spec, predictor, version, table, run_key=run_key, at=at)
        )
    return len(table)


def _rows(
    spec: ModelSpec, predictor: "Predictor", version: int, table: "pa.Table", *, run_key: str, at: datetime
) -> Iterator[PredictionRow]:
    assert spec.data.event_time is not None  # the spec refuses batch scoring without one
    features = list(predictor.signature.kinds)
    for start in range(0, len(table), ROWS_AT_ONCE):
        part = table.slice(start, ROWS_AT_ONCE)
        answers = predictor.predict_table(part)
        keys = part[spec.data.entity_key].to_pylist()
        moments = part[spec.data.event_time].to_pylist()
        asked = part.select(features).to_pylist()
        given = zip(keys, moments, asked, answers.scores.tolist(), answers.predictions, strict=True)
        for key, moment, row, score, prediction in given:
            yield PredictionRow(
                id=batch_id(spec.name, version, run_key, key),
                model=spec.name,
                version=version,
                source="batch",
                purpose="decision",
                entity_key=key,
                features=row,
                score=score,
                prediction=prediction,
                run_key=run_key,
                event_time=moment,
                scored_at=at,
            )
