"""Figures of scores in their order, for many resamples at once: the rows are sorted only once."""

from dataclasses import dataclass

import numpy as np

from airlock.evaluation.metrics import BINS


@dataclass(frozen=True)
class Sums:
    """Sums over the rows up to each place in the order, for each resample; float64, (resamples, rows)."""

    counts: np.ndarray
    drawn: np.ndarray
    happened: np.ndarray


@dataclass(frozen=True)
class Ranking:
    """Rows by ascending score; `ends` are the places of the last row of each distinct score."""

    order: np.ndarray
    scores: np.ndarray
    happened: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, happened: np.ndarray, scores: np.ndarray) -> "Ranking":
        """Sort rows by score.

        Parameters
        ----------
        happened
            bool, shape (rows,).
        scores
            float64, shape (rows,).
        """
        order = np.argsort(scores, kind="stable")
        ascending = scores[order]
        ends = np.flatnonzero(np.append(ascending[1:] != ascending[:-1], True))
        return cls(order, ascending, happened[order].astype(np.float64), ends)

    def sums(self, counts: np.ndarray) -> Sums:
        """Add up resamples, shape (resamples, rows), in the order of the scores."""
        ordered = counts[:, self.order]
        return Sums(ordered, ordered.cumsum(axis=1), (ordered * self.happened).cumsum(axis=1))

    def roc_auc(self, sums: Sums) -> np.ndarray:
        """Return the area under the ROC curve; NaN where a resample holds one class only.

        The share of pairs of a positive and a negative row in which the positive has the higher score; a
        pair with equal scores counts half.
        """
        happened = sums.happened[:, self.ends]
        not_happened = sums.drawn[:, self.ends] - happened
        steps = np.diff(happened, prepend=0.0)
        below = not_happened - np.diff(not_happened, prepend=0.0) / 2
        with np.errstate(invalid="ignore"):
            return (steps * below).sum(axis=1) / (happened[:, -1] * not_happened[:, -1])

    def average_precision(self, sums: Sums) -> np.ndarray:
        """Return the average precision; NaN where a resample holds one class only.

        The sum over the distinct scores of the precision from that score up, times the recall it adds.
        """
        happened, drawn = sums.happened[:, self.ends], sums.drawn[:, self.ends]
        steps = np.diff(happened, prepend=0.0)
        total, rows = happened[:, -1:], drawn[:, -1:]
        above = total - happened + steps
        drawn_above = rows - drawn + np.diff(drawn, prepend=0.0)
        precision = above / np.maximum(drawn_above, 1.0)  # where nothing was drawn nothing is added
        with np.errstate(invalid="ignore"):
            found = (steps * precision).sum(axis=1) / total[:, 0]
        return np.where(total[:, 0] < rows[:, 0], found, np.nan)

    def calibration_error(self, sums: Sums, bins: int = BINS) -> np.ndarray:
        """Return the expected calibration error, as `airlock.evaluation.metrics.calibration_error` does."""
        rows = len(self.scores)
        edges = quantiles(self.scores, sums.drawn, np.linspace(0, 1, bins + 1)[1:-1])
        ends = np.searchsorted(self.scores, edges, side="right")
        gaps = (sums.counts * (self.happened - self.scores)).cumsum(axis=1)
        until = np.take_along_axis(gaps, ends - 1, axis=1)
        each = np.diff(until, prepend=0.0, append=gaps[:, -1:], axis=1)
        return np.abs(each).sum(axis=1) / rows


def quantiles(ascending: np.ndarray, drawn: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return quantiles of each resample, the very numbers that `numpy.quantile` gives for its rows.

    Parameters
    ----------
    ascending
        float64, shape (rows,): the values in their order.
    drawn
        float64, shape (resamples, rows): how many draws there are up to each value.
    levels
        float64 in [0, 1], shape (levels,).

    Returns
    -------
    np.ndarray
        float64, shape (resamples, levels).

    Examples
    --------
    >>> quantiles(np.array([1.0, 5.0]), np.array([[1.0, 2.0], [0.0, 2.0]]), np.array([0.25])).tolist()
    [[2.0], [5.0]]
    """
    last = len(ascending) - 1
    ranks: np.ndarray = last * levels
    below = np.floor(ranks)
    wanted = np.concatenate([below, np.minimum(below + 1, last)])
    places = np.stack([np.searchsorted(of_one, wanted, side="right") for of_one in drawn])
    low, high = np.split(ascending[places], 2, axis=1)
    parts = zip(low.T, high.T, ranks - below, strict=True)
    return np.stack([np.quantile(np.stack(pair), share, axis=0) for *pair, share in parts], axis=1)
