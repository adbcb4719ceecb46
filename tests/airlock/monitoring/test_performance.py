"""Performance: predictions meet their outcomes by entity, late ones wait, too few are not measured."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from airlock.digests import canonical_json
from airlock.monitoring.performance import Performance, joined, measure
from airlock.spec import ModelSpec
from tests.airlock.monitoring.specs import spec

START = datetime(2026, 8, 1, tzinfo=UTC)
LIMITS = {"limits": [{"metric": "roc_auc", "at_least": 0.66}], "minimum_rows": 100}
WATCHED = spec(performance=LIMITS)


def moments(values: list[datetime]) -> pa.Array:
    return pa.array(values, pa.timestamp("us", "UTC"))


def predictions(rows: int, seed: int = 0) -> pa.Table:
    scores = np.random.default_rng(seed).random(rows)
    return pa.table(
        {
            "entity_key": [f"k{row}" for row in range(rows)],
            "event_time": moments([START + timedelta(hours=row) for row in range(rows)]),
            "score": scores,
            "prediction": ["true" if score > 0.5 else "false" for score in scores],
        }
    )


def outcomes(made: pa.Table, rows: int) -> pa.Table:
    happened = [bool(score > 0.4) for score in made["score"].to_pylist()[:rows]]
    return pa.table({"key": made["entity_key"].to_pylist()[:rows], "bad": happened})


def measured(watched: ModelSpec, made: pa.Table, known: pa.Table) -> Performance:
    found = measure(watched, len(made), joined(watched, made, known))
    assert found is not None
    return found


def test_metrics_are_those_of_the_rows_whose_outcome_is_known() -> None:
    made = predictions(300)
    found = measured(WATCHED, made, outcomes(made, 200))
    assert (found.predictions, found.rows) == (300, 200)
    assert (found.start, found.end) == (START, START + timedelta(hours=199))
    scores = made["score"].to_numpy()[:200]
    assert found.metrics is not None and found.metrics["roc_auc"] == 1.0
    assert found.metrics["accuracy"] == pytest.approx(np.mean((scores > 0.5) == (scores > 0.4)))
    canonical_json(found.to_json())


def test_the_order_of_outcomes_does_not_matter() -> None:
    made = predictions(200)
    known = outcomes(made, 200)
    shuffled = known.take(np.random.default_rng(1).permutation(200))
    assert measured(WATCHED, made, shuffled) == measured(WATCHED, made, known)


def test_an_outcome_that_has_not_arrived_counts_for_nothing() -> None:
    made = predictions(200)
    known = outcomes(made, 200)
    some = pa.array([value if row < 150 else None for row, value in enumerate(known["bad"].to_pylist())])
    assert measured(WATCHED, made, known.set_column(1, "bad", some)).rows == 150


def test_the_latest_prediction_of_an_entity_counts_once() -> None:
    made = predictions(150)
    earlier = made.set_column(1, "event_time", moments([START - timedelta(days=1)] * 150))
    wrong = earlier.set_column(2, "score", pa.array(1 - made["score"].to_numpy()))
    found = measured(WATCHED, pa.concat_tables([made, wrong]), outcomes(made, 150))
    assert found.rows == 150 and found.metrics is not None and found.metrics["roc_auc"] == 1.0


def test_too_few_outcomes_are_not_measured_and_the_reason_is_said() -> None:
    made = predictions(300)
    found = measured(WATCHED, made, outcomes(made, 99))
    assert found.metrics is None
    assert found.reason == "99 of 300 predictions have an outcome so far; at least 100 are needed."


def test_no_outcome_at_all_is_no_error() -> None:
    made = predictions(300)
    found = measured(WATCHED, made, outcomes(made, 0))
    assert (found.rows, found.start, found.metrics) == (0, None, None)


def test_a_metric_that_is_not_defined_is_none() -> None:
    made = predictions(150)
    known = outcomes(made, 150).set_column(1, "bad", pa.array([False] * 150))
    found = measured(WATCHED, made, known)
    assert (
        found.metrics is not None and found.metrics["roc_auc"] is None and found.metrics["brier"] is not None
    )


def test_a_regression_is_measured_on_its_numbers() -> None:
    watched = spec(
        task="regression",
        metric="rmse",
        performance={"limits": [{"metric": "rmse", "at_most": 1.0}], "minimum_rows": 100},
    )
    made = predictions(120)
    known = pa.table({"key": made["entity_key"], "bad": made["score"].to_numpy() + 0.5})
    metrics = measured(watched, made, known).metrics
    assert metrics is not None
    assert [metrics[name] for name in ("rmse", "mae", "absolute_bias")] == pytest.approx([0.5, 0.5, 0.5])


def test_a_multiclass_model_is_measured_by_its_labels() -> None:
    watched = spec(
        task="multiclass",
        metric="accuracy",
        performance={"limits": [{"metric": "accuracy", "at_least": 0.5}], "minimum_rows": 100},
    )
    made = predictions(120).set_column(3, "prediction", pa.array(["a", "b", "c"] * 40))
    found = measured(watched, made, pa.table({"key": made["entity_key"], "bad": ["a", "b", "b"] * 40}))
    assert found.metrics is not None and found.metrics["accuracy"] == pytest.approx(2 / 3)
    assert found.metrics["roc_auc"] is None


def test_a_spec_without_limits_is_not_measured() -> None:
    made = predictions(10)
    assert measure(spec(), len(made), joined(spec(), made, outcomes(made, 10))) is None
