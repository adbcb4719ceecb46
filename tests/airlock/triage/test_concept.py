"""A drift of the law is told from another mix of outcomes by the slope, which the mix leaves alone."""

from dataclasses import replace

import numpy as np
import pytest

from airlock.triage.concept import Calibration, calibration
from airlock.triage.facts import Cohort, Facts
from tests.airlock.triage.worlds import known, law, outcomes, people

ROWS = 6000


@pytest.fixture(scope="module")
def calm() -> Facts:
    return known()


def seen(calm: Facts, probability: np.ndarray, keep: np.ndarray | None = None) -> Calibration:
    """Return how outcomes with these true probabilities hold against the score."""
    scores, came = law(people(9, ROWS)), outcomes(9, probability)
    taken = np.ones(ROWS, dtype=bool) if keep is None else keep
    found = calibration(replace(calm, cohort=Cohort(scores[taken], came[taken])))
    assert found is not None
    return found


def weaker(by: float) -> np.ndarray:
    """Return the law whose log-odds differ less from one person to the next."""
    scores = law(people(9, ROWS))
    odds = np.log(scores / (1 - scores))
    return 1 / (1 + np.exp(-(odds.mean() + (1 - by) * (odds - odds.mean()))))


def test_outcomes_that_follow_the_score_have_a_slope_of_one(calm: Facts) -> None:
    found = seen(calm, law(people(9, ROWS)))
    assert found.slope == pytest.approx(1, abs=0.1)
    assert not found.turned and not found.broken


def test_a_weak_drift_is_found_by_its_slope(calm: Facts) -> None:
    found = seen(calm, weaker(by=0.25))
    assert found.slope == pytest.approx(0.75, abs=0.1)
    assert found.turned and found.broken and found.drifted


def test_another_mix_of_outcomes_leaves_the_slope(calm: Facts) -> None:
    probability = law(people(9, ROWS))
    came = outcomes(9, probability)
    fewer = came | (np.random.default_rng(4).random(ROWS) < 0.4)
    found = seen(calm, probability, keep=fewer)
    assert found.came > found.promised + 0.1
    assert found.slope == pytest.approx(1, abs=0.1)
    assert found.broken and not found.drifted
