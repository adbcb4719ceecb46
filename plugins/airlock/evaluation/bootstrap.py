"""Bootstrap: how much a figure would differ on other rows of the same kind."""

from collections.abc import Mapping, Sequence

import numpy as np

from airlock.evaluation.metrics import MEAN_COST
from airlock.evaluation.resampling import counts, resamples_of
from airlock.evaluation.weighted import Figures, weighted
from airlock.package.answers import Answers
from airlock.spec.decision import Costs
from airlock.spec.metrics import METRICS, Task

#: The shares of resamples below the two ends of an interval.
ENDS = (0.025, 0.975)
#: With fewer resamples than this share in which a figure is defined, there is no interval.
DEFINED = 0.95

Interval = tuple[float, float]


def resampled(
    task: Task,
    truth: np.ndarray,
    answers: Answers,
    *,
    classes: Sequence[str] = (),
    positive: str | None = None,
    costs: Costs | None = None,
    seed: int = 0,
) -> Figures:
    """Return every metric on each of 1,000 resamples of the rows (fewer beyond 100,000 rows).

    Two models asked about the same rows with the same seed meet the same resamples, which makes the
    comparison of their figures a paired one. Rows are sorted once for each model, and a resample is how often
    each row was drawn, so that it costs one pass over the rows. Resamples are worked off in chunks, which
    bounds the memory; `airlock.evaluation.resampling` says how many there are for many rows.

    Parameters
    ----------
    task, truth, answers, classes, positive, costs
        As for `airlock.evaluation.metrics.compute`.
    seed
        Of the resamples.

    Returns
    -------
    dict
        For each metric float64, shape (resamples,); NaN where it is not defined.

    References
    ----------
    Efron, Tibshirani: An Introduction to the Bootstrap, 1993.
    """
    rows = len(truth)
    if rows == 0 or rows != len(answers) or not np.isfinite(answers.scores).all():
        names = [*METRICS[task], *([MEAN_COST] if costs else [])]
        return {name: np.full(resamples_of(rows), np.nan) for name in names}
    prepared = weighted(task, truth, answers, classes=classes, positive=positive, costs=costs)
    chunks = [prepared.figures(chunk) for chunk in counts(rows, seed)]
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def interval(values: np.ndarray) -> Interval:
    """Return the 95 % percentile interval of a figure over its resamples.

    Resamples in which it is not defined are left out; where they are more than 5 %, both ends are NaN.

    References
    ----------
    Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapter 13.

    Examples
    --------
    >>> interval(np.arange(1001.0))
    (25.0, 975.0)
    """
    defined = values[np.isfinite(values)]
    if len(defined) == 0 or len(defined) < DEFINED * len(values):
        return (float("nan"), float("nan"))
    low, high = np.quantile(defined, ENDS)
    return (float(low), float(high))


def intervals(figures: Mapping[str, np.ndarray]) -> dict[str, Interval]:
    """Return the interval of every figure of `resampled`."""
    return {name: interval(values) for name, values in figures.items()}
