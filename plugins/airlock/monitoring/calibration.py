"""Calibration: how often a score came true in the hold-out, and how well that is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from airlock.monitoring.counts import origin_of

#: A bin's own mean score counts as so many rows more, so that no bin is sure of 0 or 1.
PRIOR_ROWS = 1.0
LEAST = 1e-9


@dataclass(frozen=True)
class Calibration:
    """The hold-out's rows in bins of the score.

    Attributes
    ----------
    means
        float64, shape (bins,): the mean score of each bin that holds rows, rising.
    rows, hits
        int64, shape (bins,): its rows, and those of which the positive class came true.
    """

    means: np.ndarray
    rows: np.ndarray
    hits: np.ndarray

    @classmethod
    def of(cls, profile: Mapping[str, Any]) -> "Calibration | None":
        """Read it from a package's profile; None where the package is older than what it takes."""
        score, known = profile["score"], profile.get("reliability")
        if not known or "sums" not in score:
            return None
        counts, sums = np.array(score["counts"]), np.array(score["sums"])
        some = counts > 0
        means = origin_of(np.array(score["edges"])) + sums[some] / counts[some]
        bins = len(counts)
        return cls(means, np.array(known["rows"][:bins])[some], np.array(known["hits"][:bins])[some])

    def draw(self, scores: np.ndarray, random: np.random.Generator, times: int) -> np.ndarray:
        """Return how often scores come true, as far as the hold-out tells, many times anew.

        Each score is put right by as much as the scores around it were wrong in the hold-out, on a straight
        line between the bins' means. How wrong they were is drawn from the beta distribution that the bin's
        counts leave, its mean score counting as one more row.

        Returns
        -------
        np.ndarray
            float64 in [0, 1], shape (times, scores).

        Examples
        --------
        >>> sure = Calibration(np.array([0.2, 0.6]), np.array([10**9] * 2), np.array([3 * 10**8, 6 * 10**8]))
        >>> sure.draw(np.array([0.1, 0.4, 0.9]), np.random.default_rng(1), 1).round(2).tolist()
        [[0.2, 0.45, 0.9]]
        """
        hits = self.hits + PRIOR_ROWS * self.means
        misses = self.rows - self.hits + PRIOR_ROWS * (1 - self.means)
        rates = random.beta(np.maximum(hits, LEAST), np.maximum(misses, LEAST), (times, len(self.means)))
        wrong = np.stack([np.interp(scores, self.means, drawn) for drawn in rates - self.means])
        return np.clip(scores + wrong, 0.0, 1.0)
