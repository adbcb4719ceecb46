"""Curves: few points, the same for any order of the rows, and true to the metrics."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from airlock.digests import canonical_json
from airlock.evaluation.curves import BINS, MOST_LABELS, MOST_POINTS, OTHERS, confusion, cost, curves
from airlock.evaluation.metrics import compute
from airlock.package.answers import Answers
from airlock.spec import Task
from airlock.spec.decision import Costs

COSTS = Costs(false_positive=1, false_negative=4)


def world(rows: int = 5000, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    scores = draw.random(rows)
    return np.where(draw.random(rows) < scores, "yes", "no"), scores


def answers(scores: np.ndarray, threshold: float = 0.5) -> Answers:
    return Answers(scores, np.where(scores >= threshold, "yes", "no").tolist())


def test_binary_curves_are_few_points_and_true() -> None:
    truth, scores = world()
    found = curves(Task.BINARY, truth, answers(scores), positive="yes", costs=COSTS)
    assert found.keys() == {"roc", "pr", "calibration", "cost"}
    assert all(len(points) <= MOST_POINTS for points in found.values())
    assert len(canonical_json(found)) < 50_000
    false, true = np.array(found["roc"]).T
    assert sk.auc(false, true) == pytest.approx(sk.roc_auc_score(truth == "yes", scores), abs=0.005)
    assert (found["roc"][0], found["roc"][-1]) == ([0, 0], [1, 1])
    assert [point[0] for point in found["pr"]] == sorted(point[0] for point in found["pr"])
    predicted, seen, rows = np.array(found["calibration"]).T
    assert (len(rows), rows.sum()) == (BINS, 5000)
    assert np.abs(predicted - seen).max() < 0.1


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**31), st.floats(0, 1).map(lambda value: round(value, 2)))
def test_the_cost_curve_says_what_decisions_cost_at_a_threshold(seed: int, threshold: float) -> None:
    truth, scores = world(200, seed)
    at = {round(point[0], 2): point[1] for point in cost(truth == "yes", scores, COSTS)}
    expected = compute(Task.BINARY, truth, answers(scores, threshold), positive="yes", costs=COSTS)
    assert at[threshold] == pytest.approx(expected["mean_cost"])


def test_the_order_of_rows_does_not_matter() -> None:
    truth, scores = world(800)
    mixed = np.random.default_rng(5).permutation(800)
    numbers = scores * 100
    for one, other in (
        (
            curves(Task.BINARY, truth, answers(scores), positive="yes", costs=COSTS),
            curves(Task.BINARY, truth[mixed], answers(scores[mixed]), positive="yes", costs=COSTS),
        ),
        (
            curves(Task.REGRESSION, scores, answers(numbers)),
            curves(Task.REGRESSION, scores[mixed], answers(numbers[mixed])),
        ),
    ):
        assert one.keys() == other.keys()
        for name, points in one.items():
            np.testing.assert_allclose(np.array(points), np.array(other[name]))


def test_a_regression_shows_at_most_so_many_rows_the_extremes_among_them() -> None:
    truth = np.arange(3000.0)
    found = curves(Task.REGRESSION, truth, Answers(truth + 1, [""] * 3000))
    assert len(found["residuals"]) == 500
    assert (found["residuals"][0], found["residuals"][-1]) == ([1, 0], [3000, 2999])
    assert sum(rows for *_, rows in found["calibration"]) == 3000


def test_a_multiclass_model_shows_its_confusion() -> None:
    truth = np.array(["a", "b", "c", "c"])
    found = curves(Task.MULTICLASS, truth, Answers(np.full(4, 0.9), ["a", "c", "c", "c"]))
    assert found["labels"] == ["a", "b", "c"]
    assert found["confusion"] == [[1, 0, 0], [0, 0, 1], [0, 0, 2]]
    assert found["calibration"] == [[pytest.approx(0.9), 0.75, 4]]


def test_the_rarest_of_very_many_classes_are_counted_as_one() -> None:
    truth = [f"{number:03d}" for number in range(100) for _ in range(100 - number)]
    labels, counted = confusion(truth, truth)
    assert len(labels) == len(counted) == MOST_LABELS
    assert labels[-1] == OTHERS
    assert sum(map(sum, counted)) == len(truth)


@pytest.mark.parametrize("scores", [[], [0.5, math.nan]], ids=["no rows", "nan"])
def test_what_cannot_be_drawn_is_left_out(scores: list[float]) -> None:
    truth = np.array(["yes", "no"][: len(scores)])
    assert curves(Task.BINARY, truth, Answers(np.array(scores), ["yes"] * len(scores)), positive="yes") == {}


def test_one_class_only_has_no_ranking_curves() -> None:
    found = curves(Task.BINARY, np.array(["no"] * 3), answers(np.array([0.1, 0.2, 0.9])), positive="yes")
    assert found.keys() == {"calibration"}
