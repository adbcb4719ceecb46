"""An A/B test that is looked at again and again is rarely decided by chance, and finds who is better."""

from collections import Counter

import numpy as np
import pytest

from bench.studies.ab import TERMS, trial

TRIALS = 150


def outcomes(saved: float, rows: int) -> Counter[str]:
    """Count how trials end that are looked at after every tenth outcome."""
    return Counter(
        trial(np.random.default_rng((5, seed)), saved, rows, every=10).outcome for seed in range(TRIALS)
    )


def test_where_nobody_is_better_chance_rarely_decides() -> None:
    by_chance = 1 - outcomes(saved=0.0, rows=3000)["undecided"] / TRIALS
    error = 1 - TERMS.trial.confidence
    assert by_chance <= error + 2 * np.sqrt(error * (1 - error) / TRIALS)


@pytest.mark.parametrize("saved, found", [(0.4, "passed"), (-0.6, "broke")], ids=["better", "worse"])
def test_a_real_difference_is_found_within_three_thousand_outcomes(saved: float, found: str) -> None:
    ended = outcomes(saved=saved, rows=3000)
    assert ended[found] / TRIALS > 0.8
    assert set(ended) <= {found, "undecided"}
