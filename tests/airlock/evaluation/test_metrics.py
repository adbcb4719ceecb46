"""Metrics: equal to scikit-learn's where it has them; undefined ones are NaN and never an exception."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from airlock.evaluation.metrics import calibration_error, compute
from airlock.package.answers import Answers
from airlock.spec import METRICS, Task
from airlock.spec.decision import Costs

CLASSES = ("a", "b", "c")


def binary(scores: list[float]) -> Answers:
    scores = np.array(scores, dtype=float)
    predictions = ["yes" if score > 0.5 else "no" for score in scores]
    return Answers(scores, predictions, np.column_stack([1 - scores, scores]))


def measured(truth: list[str], scores: list[float]) -> dict[str, float]:
    return compute(Task.BINARY, np.array(truth), binary(scores), classes=("no", "yes"), positive="yes")


def multiclass(probabilities: np.ndarray) -> Answers:
    chosen = probabilities.argmax(axis=1)
    scores = probabilities[np.arange(len(chosen)), chosen]
    return Answers(scores, [CLASSES[index] for index in chosen], probabilities)


probability = st.floats(0, 1).map(lambda value: round(value, 3))


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), probability), min_size=2, max_size=60))
def test_binary_metrics_equal_scikit_learns(rows: list[tuple[bool, float]]) -> None:
    happened, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = measured(["yes" if yes else "no" for yes in happened], scores.tolist())
    said = scores > 0.5
    assert found.keys() == METRICS[Task.BINARY].keys()
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(happened, said))
    assert found["brier"] == pytest.approx(sk.brier_score_loss(happened, scores, pos_label=True), abs=1e-12)
    assert found["log_loss"] == pytest.approx(sk.log_loss(happened, scores, labels=[False, True]))
    assert 0 <= found["calibration_error"] <= 1
    for name, function in (
        ("precision", sk.precision_score),
        ("recall", sk.recall_score),
        ("f1", sk.f1_score),
    ):
        assert found[name] == pytest.approx(function(happened, said, zero_division=np.nan), nan_ok=True)
    both = 0 < happened.sum() < len(happened)
    for name, function in (("roc_auc", sk.roc_auc_score), ("average_precision", sk.average_precision_score)):
        assert found[name] == pytest.approx(function(happened, scores) if both else math.nan, nan_ok=True)


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(20, 80))
def test_multiclass_metrics_equal_scikit_learns(seed: int, rows: int) -> None:
    draw = np.random.default_rng(seed)
    truth = np.array([*CLASSES, *draw.choice(CLASSES, rows)])
    probabilities = draw.dirichlet(np.ones(3), len(truth))
    answers = multiclass(probabilities)
    found = compute(Task.MULTICLASS, truth, answers, classes=CLASSES)
    said = np.array(answers.predictions)
    assert found.keys() == METRICS[Task.MULTICLASS].keys()
    auc = sk.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro", labels=list(CLASSES))
    assert found["roc_auc"] == pytest.approx(auc)
    assert found["log_loss"] == pytest.approx(sk.log_loss(truth, probabilities, labels=list(CLASSES)))
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(truth, said))
    if set(said) == set(CLASSES):
        assert found["precision"] == pytest.approx(sk.precision_score(truth, said, average="macro"))
        assert found["f1"] == pytest.approx(sk.f1_score(truth, said, average="macro"))
    assert found["recall"] == pytest.approx(sk.recall_score(truth, said, average="macro"))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=2, max_size=50))
def test_regression_metrics_equal_scikit_learns(rows: list[tuple[float, float]]) -> None:
    truth, said = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = compute(Task.REGRESSION, truth, Answers(said, [repr(number) for number in said]))
    assert found.keys() == METRICS[Task.REGRESSION].keys()
    assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(truth, said))
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(truth, said))
    assert found["median_absolute_error"] == pytest.approx(sk.median_absolute_error(truth, said))
    assert found["absolute_bias"] == pytest.approx(abs((said - truth).mean()))
    if np.var(truth) > 0:
        assert found["r2"] == pytest.approx(sk.r2_score(truth, said), rel=1e-6)


@given(st.lists(st.tuples(st.booleans(), probability), min_size=1, max_size=60), st.randoms())
def test_calibration_error_does_not_depend_on_the_order_of_rows(rows: list, shuffler) -> None:
    mixed = rows.copy()
    shuffler.shuffle(mixed)
    one, other = (
        calibration_error(np.array([row[0] for row in part]), np.array([row[1] for row in part]))
        for part in (rows, mixed)
    )
    assert one == pytest.approx(other)


def test_calibration_error_is_small_where_probabilities_are_true_and_large_where_they_are_not() -> None:
    draw = np.random.default_rng(0)
    truth = draw.random(20_000)
    happened = draw.random(20_000) < truth
    assert calibration_error(happened, truth) < 0.02
    assert calibration_error(happened, truth**3) > 0.2


def test_calibration_error_by_hand() -> None:
    happened = np.array([False, True, True, True])
    assert calibration_error(happened, np.array([0.1, 0.2, 0.9, 0.9]), bins=2) == pytest.approx(
        (abs(1 - 0.3) + abs(2 - 1.8)) / 4
    )


def test_no_rows_give_no_figure() -> None:
    assert all(math.isnan(value) for value in measured([], []).values())


def test_a_score_that_is_nan_gives_no_figure() -> None:
    assert all(math.isnan(value) for value in measured(["yes", "no"], [0.4, math.nan]).values())


def test_a_number_that_is_infinite_gives_no_figure() -> None:
    found = compute(Task.REGRESSION, np.array([1.0, 2.0]), Answers(np.array([1.0, math.inf]), ["1.0", "inf"]))
    assert all(math.isnan(value) for value in found.values())


def test_answers_for_other_rows_give_no_figure() -> None:
    assert all(math.isnan(value) for value in measured(["yes", "no"], [0.4]).values())


@pytest.mark.parametrize("label", ["yes", "no"])
def test_one_class_only_has_no_ranking_figures(label: str) -> None:
    found = measured([label] * 3, [0.1, 0.6, 0.9])
    assert math.isnan(found["roc_auc"])
    assert math.isnan(found["average_precision"])
    assert math.isfinite(found["brier"])


def test_precision_is_not_defined_where_nothing_is_predicted_positive() -> None:
    assert math.isnan(measured(["yes", "no"], [0.1, 0.2])["precision"])


def test_a_class_missing_from_the_rows_leaves_macro_figures_undefined() -> None:
    truth = np.array(["a", "b", "a", "b"])
    found = compute(Task.MULTICLASS, truth, multiclass(np.full((4, 3), 1 / 3)), classes=CLASSES)
    assert math.isnan(found["roc_auc"])
    assert math.isnan(found["recall"])
    assert math.isfinite(found["accuracy"])


def test_a_class_the_model_does_not_know_leaves_its_probabilities_undefined() -> None:
    truth = np.array(["a", "b", "c", "new"])
    found = compute(Task.MULTICLASS, truth, multiclass(np.full((4, 3), 1 / 3)), classes=CLASSES)
    assert math.isnan(found["log_loss"])
    assert found["accuracy"] == 0.25


def test_a_constant_truth_has_no_r2() -> None:
    found = compute(Task.REGRESSION, np.ones(3), Answers(np.array([1.0, 2.0, 3.0]), ["1.0", "2.0", "3.0"]))
    assert math.isnan(found["r2"])
    assert found["mae"] == 1


def test_the_mean_cost_is_what_the_decisions_cost() -> None:
    costs = Costs(false_positive=1, false_negative=10, true_positive=-2)
    truth = np.array(["yes", "yes", "no", "no"])
    found = compute(Task.BINARY, truth, binary([0.9, 0.1, 0.9, 0.1]), positive="yes", costs=costs)
    assert found["mean_cost"] == (-2 + 10 + 1 + 0) / 4


def test_without_costs_there_is_no_mean_cost() -> None:
    assert "mean_cost" not in measured(["yes", "no"], [0.9, 0.1])
