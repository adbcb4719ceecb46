"""Comparison: paired on the same resamples, and never surer than they are."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airlock.digests import canonical_json
from airlock.evaluation.bootstrap import interval, resampled
from airlock.evaluation.comparison import Comparison, compare
from airlock.evaluation.metrics import compute
from airlock.package.answers import Answers
from airlock.spec import METRICS, Task

NUMBERS = np.random.default_rng(3).normal(0.7, 0.02, 1000)
metric = st.sampled_from(sorted(METRICS[Task.BINARY]))


def compared(
    mine: np.ndarray, theirs: np.ndarray, metric: str = "roc_auc", tolerance: float = 0.0
) -> Comparison:
    return compare(
        Task.BINARY,
        metric,
        tolerance,
        candidate=float(np.nanmean(mine)),
        champion=float(np.nanmean(theirs)),
        of_candidate=mine,
        of_champion=theirs,
    )


@given(metric, st.floats(0, 0.5))
def test_a_model_is_as_good_as_itself(metric: str, tolerance: float) -> None:
    found = compared(NUMBERS, NUMBERS, metric, tolerance)
    assert (found.difference, found.low, found.high, found.within) == (0, 0, 0, 1)


@pytest.mark.parametrize(("metric", "sign"), [("roc_auc", 1), ("brier", -1)])
def test_a_positive_difference_is_a_better_candidate(metric: str, sign: int) -> None:
    found = compared(NUMBERS + 0.1 * sign, NUMBERS, metric)
    assert found.difference == pytest.approx(0.1)
    assert found.low == pytest.approx(0.1)
    assert found.within == 1


@given(metric, st.floats(-0.1, 0.1))
def test_changing_sides_turns_the_difference_round(metric: str, by: float) -> None:
    mine = NUMBERS[::-1] + by
    one, other = compared(mine, NUMBERS, metric), compared(NUMBERS, mine, metric)
    assert one.difference == pytest.approx(-other.difference)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


@given(metric, st.floats(-0.1, 0.1), st.floats(0, 0.2), st.floats(0, 0.2))
def test_a_larger_tolerance_never_makes_it_less_sure(
    metric: str, by: float, one: float, other: float
) -> None:
    mine, tolerances = NUMBERS[::-1] + by, sorted((one, other))
    strict, loose = (compared(mine, NUMBERS, metric, tolerance).within for tolerance in tolerances)
    assert strict <= loose


def test_a_tolerance_on_a_loss_is_a_share_of_the_champion_s_figure() -> None:
    loss = np.linspace(0.4, 0.6, 1000)
    found = compared(loss * 1.02, loss, "log_loss", tolerance=0.02)
    assert found.within == 1
    assert found.allowed == pytest.approx(0.01)
    assert compared(loss * 1.021, loss, "log_loss", tolerance=0.02).within == 0


def test_a_figure_that_is_defined_too_seldom_gives_no_confidence() -> None:
    mine = NUMBERS.copy()
    mine[:50] = math.nan
    assert compared(mine, NUMBERS).within == compared(mine[50:], NUMBERS[50:]).within
    mine[50] = math.nan
    found = compared(mine, NUMBERS)
    assert all(map(math.isnan, (found.within, found.low, found.high)))
    assert found.to_json()["within"] is None
    assert canonical_json(found.to_json())


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**31))
def test_pairing_makes_the_interval_narrower_than_those_of_the_figures(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores = draw.random(300)
    truth = np.where(draw.random(300) < scores, "yes", "no")
    figures, points = [], []
    for said in (scores, np.clip(scores + draw.normal(0, 0.02, 300), 0, 1)):
        answers = Answers(said, np.where(said >= 0.5, "yes", "no").tolist())
        figures.append(resampled(Task.BINARY, truth, answers, positive="yes", seed=1)["roc_auc"])
        points.append(compute(Task.BINARY, truth, answers, positive="yes")["roc_auc"])
    found = compare(
        Task.BINARY,
        "roc_auc",
        0.01,
        candidate=points[1],
        champion=points[0],
        of_candidate=figures[1],
        of_champion=figures[0],
    )
    low, high = interval(figures[0])
    assert found.high - found.low < (high - low) / 2
    assert found.low <= found.difference <= found.high
