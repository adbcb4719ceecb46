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
#: Log-odds that differ between scores by this part less (or more) than they did are worth a word.
WORTH_SLOPE = 0.1


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
    slope
        How much the log-odds differ from score to score, as a part of what they did in the hold-out.
    slope_p_value
        How often chance alone takes it so far from 1. Another mix of outcomes moves all log-odds alike, and
        so leaves the slope at 1.
    """

    outcomes: int
    promised: float
    came: float
    gap: float
    p_value: float
    same_classes: float
    slope: float
    slope_p_value: float

    @property
    def turned(self) -> bool:
        """Whether scores tell outcomes apart less, or more, than they did."""
        return self.slope_p_value <= LEVEL and abs(self.slope - 1) >= WORTH_SLOPE

    @property
    def broken(self) -> bool:
        """Whether the score means something else than it did."""
        return self.turned or (self.p_value <= LEVEL and self.gap >= WORTH)

    @property
    def drifted(self) -> bool:
        """Whether it does, and no other mix of the outcomes explains it."""
        return self.turned or (self.broken and self.same_classes <= LEVEL)


def calibration(facts: Facts) -> Calibration | None:
    """Hold the newest outcomes against the hold-out's, bin of the score by bin; None where there are too few.

    Two tests of homogeneity (Pearson's chi-square): of what came true at each score, p(y | score), which
    inputs that moved leave as it is; and of the scores among those of each outcome, p(score | y), which
    another mix of outcomes leaves as it is. Concept drift leaves neither. A third test looks in one direction
    only and so finds weaker drifts: the calibration slope.
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
    slope, slope_p_value = calibration_slope(before, hits, now, came)
    return Calibration(
        outcomes=int(now.sum()),
        promised=float(np.dot(weights, was)),
        came=float(np.dot(weights, is_now)),
        gap=float(np.sqrt(max(np.dot(weights, squares - variance), 0.0))),
        p_value=_chance(float((squares / variance).sum()), len(now)),
        same_classes=min(_homogeneous(hits, came), _homogeneous(before - hits, now - came)),
        slope=slope,
        slope_p_value=slope_p_value,
    )


def calibration_slope(
    before: np.ndarray, hits: np.ndarray, now: np.ndarray, came: np.ndarray
) -> tuple[float, float]:
    """Return how much log-odds differ from bin to bin, as a part of what they did, and the chance of it.

    The change of a bin's log-odds is regressed on the log-odds of both samples together, weighted by its
    variance (Woolf). Weighted by their rows, the log-odds of both are not correlated with their difference,
    so that noise of small bins bends the slope nowhere.

    Parameters
    ----------
    before, hits, now, came
        Rows and those that came true, by bin: of the hold-out, then of the newest outcomes.

    References
    ----------
    Cox: Two further applications of a model for binary regression, Biometrika 45, 1958.
    Woolf: On estimating the relation between blood group and disease, Annals of Human Genetics 19, 1955.

    Examples
    --------
    >>> rows, hits = np.array([1000, 1000, 1000]), np.array([100, 300, 500])
    >>> slope, p_value = calibration_slope(rows, hits, rows, np.array([200, 300, 400]))
    >>> round(slope, 2), p_value < 0.001
    (0.45, True)
    >>> calibration_slope(rows, hits, rows, hits)
    (1.0, 1.0)
    """
    from scipy.special import ndtr

    odds_before, odds_now = (np.log((c + 0.5) / (n - c + 0.5)) for c, n in ((hits, before), (came, now)))
    variance = sum(1 / (c + 0.5) + 1 / (n - c + 0.5) for c, n in ((hits, before), (came, now)))
    weights = 1 / variance / (1 / variance).sum()
    both = (before * odds_before + now * odds_now) / (before + now)
    apart = both - np.dot(weights, both)
    spread = float(np.dot(weights, apart**2))
    if spread == 0:
        return 1.0, 1.0
    change = float(np.dot(weights, apart * (odds_now - odds_before))) / spread
    error = np.sqrt(1 / (spread * (1 / variance).sum()))
    newer = now.sum() / (before.sum() + now.sum())
    slope = (1 + change * (1 - newer)) / max(1 - change * newer, 1e-9)
    return float(slope), float(2 * ndtr(-abs(change) / error))


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
