"""Bootstrap: the very intervals that drawing rows one resample at a time gives, only sooner."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airlock.evaluation.bootstrap import interval, intervals, resampled
from airlock.evaluation.metrics import compute
from airlock.evaluation.resampling import CELLS, counts, resamples_of
from airlock.package.answers import Answers
from airlock.spec import METRICS, Task
from airlock.spec.decision import Costs

COSTS = Costs(false_positive=1, false_negative=5, true_negative=-0.2)
LABELS = ("a", "b", "c")
SEED = 7


def binary(scores: np.ndarray) -> Answers:
    said = np.where(scores >= 0.3, "yes", "no").tolist()
    return Answers(scores, said, np.column_stack([1 - scores, scores]))


def multiclass(probabilities: np.ndarray) -> Answers:
    chosen = probabilities.argmax(axis=1)
    scores = probabilities[np.arange(len(chosen)), chosen]
    return Answers(scores, [LABELS[place] for place in chosen], probabilities)


def reference(task: Task, truth: np.ndarray, answers: Answers, times: int, **asked: Any) -> dict:
    """Draw rows and measure them, one resample after another."""
    draw, found = np.random.default_rng(SEED), []
    for _ in range(times):
        rows = draw.integers(0, len(truth), len(truth))
        found.append(compute(task, truth[rows], answers.take(rows), **asked))
    return {name: np.array([figures[name] for figures in found]) for name in found[0]}


def assert_equal(task: Task, truth: np.ndarray, answers: Answers, times: int = 15, **asked: Any) -> None:
    found = resampled(task, truth, answers, seed=SEED, **asked)
    slowly = reference(task, truth, answers, times, **asked)
    assert found.keys() == slowly.keys()
    for name, figures in slowly.items():
        np.testing.assert_allclose(found[name][:times], figures, rtol=0, atol=1e-9, err_msg=name)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 60), st.integers(1, 3))
def test_binary_figures_equal_those_of_rows_drawn_one_resample_at_a_time(
    seed: int, rows: int, digits: int
) -> None:
    draw = np.random.default_rng(seed)
    scores = draw.random(rows).round(digits)  # with few digits many scores are equal
    truth = np.where(draw.random(rows) < scores, "yes", "no")
    assert_equal(Task.BINARY, truth, binary(scores), classes=("no", "yes"), positive="yes", costs=COSTS)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**31), st.integers(1, 60), st.booleans())
def test_multiclass_figures_equal_those_of_rows_drawn_one_resample_at_a_time(
    seed: int, rows: int, foreign: bool
) -> None:
    draw = np.random.default_rng(seed)
    truth = draw.choice([*LABELS, "new"] if foreign else LABELS, rows)
    probabilities = draw.dirichlet(np.ones(3), rows).round(2)
    assert_equal(Task.MULTICLASS, truth, multiclass(probabilities), classes=LABELS)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 60))
def test_figures_of_a_regression_equal_those_of_rows_drawn_one_resample_at_a_time(
    seed: int, rows: int
) -> None:
    draw = np.random.default_rng(seed)
    truth = draw.normal(100, 10, rows).round()
    said = truth + draw.normal(1, 5, rows).round()
    assert_equal(Task.REGRESSION, truth, Answers(said, list(map(repr, said))))


def test_chunks_change_nothing() -> None:
    rows = CELLS // 300
    whole = np.concatenate(list(counts(rows, seed=1, resamples=700)))
    draw = np.random.default_rng(1)
    assert len(whole) == 700
    for resample in whole:
        assert (resample == np.bincount(draw.integers(0, rows, rows), minlength=rows)).all()


def test_many_rows_have_fewer_resamples() -> None:
    assert [resamples_of(rows) for rows in (0, 1, 100_000, 400_000, 10**9)] == [1000, 1000, 1000, 250, 200]


def test_the_same_seed_gives_the_same_figures_and_another_others() -> None:
    scores = np.linspace(0, 1, 50)
    truth = np.where(scores > 0.4, "yes", "no")
    asked = {"classes": ("no", "yes"), "positive": "yes"}
    one, same, other = (
        intervals(resampled(Task.BINARY, truth, binary(scores), seed=seed, **asked)) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_an_interval_holds_the_true_figure_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(60):
        errors = np.random.default_rng(seed).normal(0, 1, 200)
        figures = resampled(Task.REGRESSION, np.zeros(200), Answers(errors, [""] * 200), seed=seed)
        low, high = interval(figures["mae"])
        held += low <= math.sqrt(2 / math.pi) <= high
    assert held >= 52


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**31))
def test_an_interval_holds_the_figure_on_the_rows_themselves(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores = draw.random(400)
    truth = np.where(draw.random(400) < scores, "yes", "no")
    asked = {"classes": ("no", "yes"), "positive": "yes", "costs": COSTS}
    points = compute(Task.BINARY, truth, binary(scores), **asked)
    found = intervals(resampled(Task.BINARY, truth, binary(scores), seed=seed, **asked))
    for name in METRICS[Task.BINARY].keys() - {"calibration_error"}:  # which resampling makes larger
        low, high = found[name]
        assert low <= points[name] <= high, name


def test_a_figure_that_is_defined_in_most_resamples_has_an_interval_and_else_none() -> None:
    values = np.arange(1000.0)
    values[:50] = math.nan
    assert interval(values) == pytest.approx((73.725, 975.275))
    values[50] = math.nan
    assert all(map(math.isnan, interval(values)))


@pytest.mark.parametrize("scores", [[], [0.1, math.nan], [0.1, 0.2, 0.3]], ids=["none", "nan", "other rows"])
def test_what_cannot_be_measured_has_no_interval(scores: list[float]) -> None:
    truth = np.array(["yes", "no"][: len(scores)])
    asked = {"classes": ("no", "yes"), "positive": "yes", "costs": COSTS}
    found = intervals(resampled(Task.BINARY, truth, binary(np.array(scores)), **asked))
    assert found.keys() == {*METRICS[Task.BINARY], "mean_cost"}
    assert all(math.isnan(end) for ends in found.values() for end in ends)
