"""Concept drift: outcomes are not what the score says, and no other mix of the classes explains that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.monitoring.bins import places
from airlock.triage.expectation import LEVEL
from airlock.triage.facts import SCORE, Facts

#: The fewest outcomes that tell anything.
LEAST_OUTCOMES = 200
#: The fewest rows of a bin on each side.
LEAST_ROWS = 20
#: Outcomes may lie this far from what the scores promise, in the mean, before it is worth a word.
WORTH = 0.03


@dataclass(frozen=True)
class Calibration:
    """What came true of each score against what did in the hold-out.

    Attributes
    ----------
    outcomes
        How many outcomes were counted.
    promised, came
        How often it should have come true by the hold-out's rates at the same scores, and how often it did.
    gap
        The root of the mean squared difference of the rates over the bins, chance taken off.
    p_value
        How often chance alone gives such differences.
    same_classes
        How often chance alone gives the scores that each outcome has, if only the mix of outcomes changed.
    """

    outcomes: int
    promised: float
    came: float
    gap: float
    p_value: float
    same_classes: float

    @property
    def broken(self) -> bool:
        """Whether the score means something else than it did."""
        return self.p_value <= LEVEL and self.gap >= WORTH

    @property
    def drifted(self) -> bool:
        """Whether it does, and no other mix of the outcomes explains it."""
        return self.broken and self.same_classes <= LEVEL


def calibration(facts: Facts) -> Calibration | None:
    """Hold the newest outcomes against the hold-out's, bin of the score by bin; None where there are too few.

    Two tests of homogeneity (Pearson's chi-square): of what came true at each score, p(y | score), which
    inputs that moved leave as it is; and of the scores among those of each outcome, p(score | y), which
    another mix of outcomes leaves as it is. Concept drift leaves neither.
    """
    known: Mapping[str, Any] | None = facts.profile.get("reliability")
    if facts.cohort is None or not known or len(facts.cohort.scores) < LEAST_OUTCOMES:
        return None
    where = places(pa.chunked_array([facts.cohort.scores]), facts.described[SCORE])
    now, came = (
        np.bincount(where, weights, minlength=len(known["rows"])) for weights in (None, facts.cohort.hits)
    )
    before, hits = np.array(known["rows"]), np.array(known["hits"])
    told = (before >= LEAST_ROWS) & (now >= LEAST_ROWS)
    if not told.any():
        return None
    now, came, before, hits = (counts[told] for counts in (now, came, before, hits))
    was, is_now = hits / before, came / now
    pooled = (hits + came) / (before + now)
    variance = np.maximum(pooled * (1 - pooled), 1e-9) * (1 / before + 1 / now)
    squares, weights = (is_now - was) ** 2, now / now.sum()
    return Calibration(
        outcomes=int(now.sum()),
        promised=float(np.dot(weights, was)),
        came=float(np.dot(weights, is_now)),
        gap=float(np.sqrt(max(np.dot(weights, squares - variance), 0.0))),
        p_value=_chance(float((squares / variance).sum()), len(now)),
        same_classes=min(_homogeneous(hits, came), _homogeneous(before - hits, now - came)),
    )


def _homogeneous(before: np.ndarray, now: np.ndarray) -> float:
    """Return how often chance alone makes two samples over the same bins differ so much."""
    some = before + now > 0
    before, now = before[some], now[some]
    if len(now) < 2 or not before.sum() or not now.sum():
        return 1.0
    pooled = (before + now) / (before.sum() + now.sum())
    statistic = sum(
        float(((counts - pooled * counts.sum()) ** 2 / (pooled * counts.sum())).sum())
        for counts in (before, now)
    )
    return _chance(statistic, len(now) - 1)


def _chance(statistic: float, freedom: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(freedom, statistic))
