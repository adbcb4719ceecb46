"""Chance: p-values are those of scipy, and are as rare as they say."""

import numpy as np
import pytest
from scipy import stats

from airlock.monitoring.chance import FALSE_DISCOVERIES, adjusted, chi_square, rare, smallest
from airlock.monitoring.drift import answered, measure
from airlock.monitoring.profile import profile
from tests.airlock.monitoring.worlds import FEATURES, answers, table


@pytest.mark.parametrize("seed", range(20))
def test_chi_square_equals_scipy(seed: int) -> None:
    random = np.random.default_rng(seed)
    before, now = random.integers(1, 400, 9), random.integers(0, 40, 9)
    expected = stats.chi2_contingency(np.array([before, now]), correction=False)
    assert chi_square(before, now) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)


def test_bins_that_nobody_is_in_count_for_nothing() -> None:
    assert chi_square(np.array([50, 0, 50]), np.array([9, 0, 1])) == chi_square(
        np.array([50, 50]), np.array([9, 1])
    )


@pytest.mark.parametrize(("before", "now"), [([9, 0], [3, 0]), ([0, 0], [1, 2]), ([1, 2], [0, 0])])
def test_nothing_to_compare_is_no_surprise(before: list[int], now: list[int]) -> None:
    assert chi_square(np.array(before), np.array(now)) == (0.0, 1.0)


@pytest.mark.parametrize("now", [0, 1, 3, 12])
def test_something_rare_has_the_tails_of_the_binomial_law(now: int) -> None:
    law = stats.binom(40 + now, 300 / 5300)
    assert rare(40, 5000, now, 300) == pytest.approx(min(1, 2 * min(law.cdf(now), law.sf(now - 1))))


def test_adjusted_values_equal_scipy() -> None:
    values = np.random.default_rng(3).random(40) ** 3
    assert adjusted(values) == pytest.approx(stats.false_discovery_control(values).tolist())
    assert adjusted([]) == []


def test_several_tests_of_one_thing_are_paid_for() -> None:
    assert smallest([0.4, 0.9, 0.9]) == 1.0
    assert smallest([0.001, 1.0, 1.0]) == pytest.approx(0.003)


def test_calm_columns_have_p_values_as_rare_as_they_say() -> None:
    reference = profile(table(1, 5000), FEATURES, answers(1, 5000))
    nights = [answered(table(seed, 400), answers(seed, 400)) for seed in range(100, 250)]
    drifts = [drift for night in nights for drift in measure(reference, [night])]
    p_values = np.array([drift.p_value for drift in drifts])
    for level in (0.01, 0.05, 0.2):
        assert np.mean(p_values <= level) <= 1.3 * level
    assert np.mean(p_values <= 0.2) > 0.04
    assert np.mean([drift.adjusted <= FALSE_DISCOVERIES for drift in drifts]) < 0.003
