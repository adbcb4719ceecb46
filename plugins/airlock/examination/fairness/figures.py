"""Figures: what a model does to each group, with intervals, and whether there are rows enough to judge by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import stats

from airlock.examination.fairness.tally import Tally
from airlock.spec import Task

#: A group with fewer rows is named and shown, and not judged.
MINIMUM_ROWS = 50
#: A rate that is a share of fewer rows (of the positives, of the yeses) is not judged.
MINIMUM_TRIALS = 10
#: The normal quantile of 95 % intervals.
Z = 1.959963984540054

NEGATIVE, POSITIVE = ("true negative", "false positive"), ("false negative", "true positive")
YES, RIGHT = ("false positive", "true positive"), ("true negative", "true positive")
EVERY = NEGATIVE + POSITIVE

#: figure -> the outcomes that count, and the outcomes it is a share of.
BINARY = {
    "selection_rate": (YES, EVERY),
    "true_positive_rate": (("true positive",), POSITIVE),
    "false_positive_rate": (("false positive",), NEGATIVE),
    "accuracy": (RIGHT, EVERY),
    "precision": (("true positive",), YES),
    "base_rate": (POSITIVE, EVERY),
}

WORDS = {
    "calibration_gap": "base rate less mean score",
    "mae": "mean absolute error",
    "bias": "mean error",
}


class Figure(Protocol):
    """One figure of every group; each array has the shape (groups,), resamples may come before."""

    @property
    def value(self) -> np.ndarray:
        """The figure, NaN where it is not defined."""

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Where it lies with 95 % confidence."""

    @property
    def trials(self) -> np.ndarray:
        """How many rows it is a share or a mean of."""

    @property
    def judged(self) -> np.ndarray:
        """Whether there are rows enough to judge by, bool."""

    def p_against(self, group: int, others: "Figure") -> float:
        """Return how likely chance makes a group this unlike all other rows."""

    def p_expected(self, group: int, expected: float) -> float:
        """Return how likely chance makes a group this unlike what is expected of it."""


@dataclass(frozen=True)
class Rate:
    """A share of rows.

    References
    ----------
    Wilson: Probable inference, the law of succession, and statistical inference, JASA 22, 1927.
    Fisher: The logic of inductive inference, JRSS 98, 1935.

    Examples
    --------
    >>> rate = Rate(np.array([8]), np.array([10]), np.array([True]))
    >>> [round(float(end[0]), 3) for end in rate.interval]
    [0.49, 0.943]
    """

    successes: np.ndarray
    trials: np.ndarray
    judged: np.ndarray

    @property
    def value(self) -> np.ndarray:
        """The share, NaN of no rows."""
        return ratio(self.successes, self.trials)

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """The Wilson interval."""
        share: np.ndarray = self.value
        shrink: np.ndarray = 1 + ratio(Z**2, self.trials)
        centre = (share + ratio(Z**2, 2 * self.trials)) / shrink
        half = Z * np.sqrt(ratio(share * (1 - share), self.trials) + ratio(Z**2, 4 * self.trials**2)) / shrink
        return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)

    def p_against(self, group: int, others: "Figure") -> float:
        """Return Fisher's exact p-value."""
        assert isinstance(others, Rate)
        table = [[one.successes[group], one.trials[group] - one.successes[group]] for one in (self, others)]
        return float(stats.fisher_exact(table).pvalue)

    def p_expected(self, group: int, expected: float) -> float:
        """Return the exact binomial p-value."""
        share = min(max(expected, 0.0), 1.0)
        return float(stats.binomtest(int(self.successes[group]), int(self.trials[group]), share).pvalue)


@dataclass(frozen=True)
class Mean:
    """A mean over rows, whose error is taken to be normal."""

    totals: np.ndarray
    squares: np.ndarray
    trials: np.ndarray
    judged: np.ndarray

    @property
    def value(self) -> np.ndarray:
        """The mean, NaN of no rows."""
        return ratio(self.totals, self.trials)

    @property
    def error(self) -> np.ndarray:
        """The standard error of the mean, NaN of fewer than two rows."""
        spread = np.maximum(ratio(self.squares, self.trials) - self.value**2, 0.0)
        return np.sqrt(ratio(spread, np.maximum(self.trials - 1, 0)))

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """The normal interval."""
        return self.value - Z * self.error, self.value + Z * self.error

    def p_against(self, group: int, others: "Figure") -> float:
        """Return the p-value of Welch's statistic, taken to be normal."""
        assert isinstance(others, Mean)
        error = np.hypot(self.error[group], others.error[group])
        return _two_sided(self.value[group] - others.value[group], error)

    def p_expected(self, group: int, expected: float) -> float:
        """Return the p-value of a normal test."""
        return _two_sided(np.asarray(self.value[group] - expected), self.error[group])


def figures(task: Task, tally: Tally) -> dict[str, Figure]:
    """Return every figure of every group, by its name.

    `calibration_gap` is how much oftener the outcome happens than the scores say: base rate - mean score.
    Means are judged where a group has enough rows of both outcomes: a mean of few cases is not normal.
    """
    enough = tally.rows >= MINIMUM_ROWS
    found: dict[str, Figure] = {
        name: _rate(tally.count(some), tally.count(of), enough)
        for name, (some, of) in _shares(task, tally).items()
    }
    if task is Task.BINARY:
        enough = found["true_positive_rate"].judged & found["false_positive_rate"].judged
    means = {
        name: Mean(total, tally.squares[name], tally.rows, enough) for name, total in tally.totals.items()
    }
    return found | means


def resampled(tally: Tally, draw: np.random.Generator, times: int) -> Tally:
    """Draw each group's rows anew, many times: outcomes multinomially, sums normally.

    Returns
    -------
    Tally
        The arrays have the resamples before the groups; of the sums no squares are drawn.

    References
    ----------
    Efron, Tibshirani: An Introduction to the Bootstrap, Chapman and Hall 1993.
    """
    rows = tally.rows
    shares = np.where(rows[:, None] > 0, ratio(tally.counts, rows[:, None]), 1 / tally.counts.shape[1])
    counts = draw.multinomial(rows, shares, size=(times, len(rows)))
    sums = {name: Mean(tally.totals[name], tally.squares[name], rows, rows > 0) for name in tally.totals}
    totals = {
        name: rows * (mean.value + mean.error * draw.standard_normal((times, len(rows))))
        for name, mean in sums.items()
    }
    return Tally(tally.outcomes, counts, totals, dict(tally.squares))


def words_of(figure: str) -> str:
    """Return a figure's name for people.

    >>> words_of("calibration_gap"), words_of("selection_rate")
    ('base rate less mean score', 'selection rate')
    """
    return WORDS.get(figure, figure.replace("_", " "))


def ratio(some: np.ndarray | float, of: np.ndarray) -> np.ndarray:
    """Return a quotient, NaN where the divisor is 0."""
    return np.divide(some, of, out=np.full(np.broadcast(some, of).shape, np.nan), where=np.asarray(of) != 0)


def _rate(successes: np.ndarray, trials: np.ndarray, enough: np.ndarray) -> Rate:
    return Rate(successes, trials, enough & (trials >= MINIMUM_TRIALS))


def _shares(task: Task, tally: Tally) -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    if task is Task.BINARY:
        return BINARY
    if task is Task.REGRESSION:
        return {}
    right = tuple(name for name in tally.outcomes if name.startswith("right "))
    recalls = {
        f"recall of {label}": ((f"right {label}",), (f"wrong {label}", f"right {label}"))
        for label in (name.removeprefix("right ") for name in right)
    }
    return {"accuracy": (right, tally.outcomes)} | recalls


def _two_sided(difference: np.ndarray, error: np.ndarray) -> float:
    if error > 0:
        return float(2 * stats.norm.sf(abs(difference) / error))
    return float(difference == 0)
