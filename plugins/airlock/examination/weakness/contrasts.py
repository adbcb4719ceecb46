"""Contrasts: every slice of one or two conditions held against the rows outside it, all at once."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from airlock.examination.weakness.conditions import Cut
from airlock.package.cores import one_core

#: So many rows are multiplied at a time, to bound memory.
CHUNK = 20_000


@dataclass(frozen=True)
class Sums:
    """Sums over the rows of slices: how many rows, their loss, their excess and its squares; one shape."""

    rows: np.ndarray
    loss: np.ndarray
    excess: np.ndarray
    squares: np.ndarray

    def __getitem__(self, key: object) -> "Sums":
        return Sums(self.rows[key], self.loss[key], self.excess[key], self.squares[key])

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(
            self.rows - other.rows,
            self.loss - other.loss,
            self.excess - other.excess,
            self.squares - other.squares,
        )

    @property
    def variance(self) -> np.ndarray:
        """The variance of the mean excess."""
        spread = np.maximum(self.squares - self.excess**2 / self.rows, 0.0)
        return spread / (self.rows - 1) / self.rows


@dataclass(frozen=True)
class Contrasts:
    """Slices and what is known of each.

    Attributes
    ----------
    pairs
        int, shape (slices, 2): the conditions of each, twice the same where there is one.
    inside, whole
        Sums over each slice, and over all rows.
    """

    pairs: np.ndarray
    inside: Sums
    whole: Sums

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def outside(self) -> Sums:
        """Sums over the rows that are not in the slice."""
        return self.whole - self.inside

    @property
    def excess(self) -> np.ndarray:
        """The mean excess in each slice."""
        return self.inside.excess / self.inside.rows

    @property
    def above(self) -> np.ndarray:
        """The mean excess in each slice above 0, and above what it is elsewhere, whichever is less."""
        outside = self.outside
        return self.excess - np.maximum(outside.excess / outside.rows, 0.0)

    @property
    def t(self) -> np.ndarray:
        """The lesser of two t statistics: of the excess against 0, and against what it is elsewhere.

        The second has unequal variances (Welch 1947). Both must be large, so neither needs a correction for
        the other (an intersection-union test: Berger, Technometrics 1982).
        """
        inside, outside = self.inside, self.outside
        against_none = _ratio(self.excess, inside.variance)
        difference = self.excess - outside.excess / outside.rows
        return np.minimum(against_none, _ratio(difference, inside.variance + outside.variance))

    @property
    def p_values(self) -> np.ndarray:
        """One-sided, with Bonferroni's correction for the number of slices looked at."""
        return np.minimum(stdtr(self.inside.rows - 1, -self.t) * len(self), 1.0)


def contrasts(cut: Cut, loss: np.ndarray, excess: np.ndarray, least: int) -> Contrasts:
    """Sum over every condition and every two conditions on different columns.

    Parameters
    ----------
    cut
        The conditions and their rows.
    loss, excess
        float64, one a row of `cut`.
    least
        A slice has at least so many rows, and so many are outside it. Two conditions with the same rows as
        one of them are no slice of their own.
    """
    weights = np.stack([np.ones_like(loss), loss, excess, excess**2])
    sums = Sums(*products(cut.members, weights))
    columns = np.array([condition.column for condition in cut.conditions])
    first, second = np.triu_indices(len(columns))
    rows, alone = sums.rows[first, second], np.diag(sums.rows)
    single = first == second
    new = (columns[first] != columns[second]) & (rows < np.minimum(alone[first], alone[second]))
    kept = (single | new) & (rows >= least) & (rows <= len(loss) - least)
    pairs = np.column_stack([first, second])[kept]
    return Contrasts(pairs, sums[pairs[:, 0], pairs[:, 1]], Sums(*weights.sum(axis=1)))


def products(members: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return members' diag(w) members for each of the weights: shape (weights, conditions, conditions)."""
    sums = np.zeros((len(weights), members.shape[1], members.shape[1]))
    with one_core():
        for start in range(0, len(members), CHUNK):
            part: np.ndarray = members[start : start + CHUNK].astype(np.float64)
            for index, weight in enumerate(weights[:, start : start + CHUNK]):
                sums[index] += part.T @ (part * weight[:, None])
    return sums


def _ratio(difference: np.ndarray, variance: np.ndarray) -> np.ndarray:
    certain = np.where(difference > 0, np.inf, 0.0)
    return np.divide(difference, np.sqrt(variance), out=certain, where=variance > 0)
