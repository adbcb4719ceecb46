"""Comparison: candidate and champion on the same rows and the same resamples of them."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from airlock.evaluation.bootstrap import DEFINED, interval
from airlock.evaluation.figures import ROUNDING, to_json
from airlock.spec.metrics import HIGHER, METRICS, RELATIVE, Task


@dataclass(frozen=True)
class Comparison:
    """How a candidate compares with the champion.

    Attributes
    ----------
    metric
        In which they are compared.
    difference, low, high
        By how much the candidate is better, in the metric's own unit, and the 95 % interval of that.
    within
        The share of resamples in which the candidate is worse by no more than is allowed.
    tolerance
        What the spec allows: for metrics in `RELATIVE` a share of the champion's figure.
    allowed
        The same in the metric's own unit.
    """

    metric: str
    difference: float
    low: float
    high: float
    within: float
    tolerance: float
    allowed: float

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON; what is not defined becomes null."""
        return to_json(asdict(self))


def allowance(metric: str, tolerance: float, champion: np.ndarray) -> np.ndarray:
    """Return by how much a candidate may be worse than figures of the champion, in the metric's own unit.

    >>> allowance("roc_auc", 0.1, np.array([0.7])).tolist(), allowance("mae", 0.1, np.array([70.0])).tolist()
    ([0.1], [7.0])
    """
    return tolerance * (np.abs(champion) if metric in RELATIVE else np.ones_like(champion))


def compare(
    task: Task,
    metric: str,
    tolerance: float,
    *,
    candidate: float,
    champion: float,
    of_candidate: np.ndarray,
    of_champion: np.ndarray,
) -> Comparison:
    """Compare a candidate with the champion, resample by resample.

    Because both meet the same rows, what makes rows easy or hard for both falls out of the difference; its
    interval is narrower than those of the two figures.

    Parameters
    ----------
    task, metric, tolerance
        What is compared, and by how much the candidate may be worse.
    candidate, champion
        The figures on the rows themselves.
    of_candidate, of_champion
        float64, shape (resamples,): the figures of both on the same resamples, from
        `airlock.evaluation.bootstrap.resampled` with the same seed.

    Returns
    -------
    Comparison
        With NaN where either figure is not defined, or not in 95 % of the resamples.

    References
    ----------
    Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapters 8 and 13.

    Examples
    --------
    >>> theirs = np.linspace(0.6, 0.8, 1000)
    >>> compare(Task.BINARY, "roc_auc", 0.01, candidate=0.72, champion=0.7,
    ...         of_candidate=theirs + 0.02, of_champion=theirs).within
    1.0
    """
    sign = 1 if METRICS[task][metric] == HIGHER else -1
    better = sign * (of_candidate - of_champion)
    low, high = interval(better)
    defined = np.isfinite(better)
    inside = better[defined] >= -allowance(metric, tolerance, of_champion[defined]) - ROUNDING
    enough = defined.any() and defined.mean() >= DEFINED
    return Comparison(
        metric=metric,
        difference=float(sign * (candidate - champion)),
        low=low,
        high=high,
        within=float(inside.mean()) if enough else float("nan"),
        tolerance=tolerance,
        allowed=float(allowance(metric, tolerance, np.array(champion))),
    )
