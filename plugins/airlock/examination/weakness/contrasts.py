"""Contrasts: every slice of one or two conditions held against the rows outside it, all at once."""

from dataclasses import dataclass, fields

import numpy as np
from scipy.special import stdtr

from airlock.examination.weakness.conditions import Cut
from airlock.package.cores import one_core

#: So many rows are multiplied at a time, to bound memory.
CHUNK = 20_000


@dataclass(frozen=True)
class Sums:
    """Sums over the rows of slices, arrays of one shape: how many rows, and the values and their squares."""

    rows: np.ndarray
    loss: np.ndarray
    loss_squares: np.ndarray
    excess: np.ndarray
    excess_squares: np.ndarray

    def __getitem__(self, key: object) -> "Sums":
        return Sums(*(getattr(self, field.name)[key] for field in fields(self)))

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, field.name) - getattr(other, field.name) for field in fields(self)))

    @property
    def mean_loss(self) -> np.ndarray:
        """The mean loss of each slice."""
        return self.loss / self.rows

    @property
    def mean_excess(self) -> np.ndarray:
        """The mean excess of each slice."""
        return self.excess / self.rows


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
    def above(self) -> np.ndarray:
        """The mean excess in each slice above 0 or above what it is elsewhere, whichever is less."""
        return self.inside.mean_excess - np.maximum(self.outside.mean_excess, 0.0)

    @property
    def t(self) -> np.ndarray:
        """The lesser of two t statistics: of the excess against 0, and against what it is elsewhere.

        The second has unequal variances (Welch 1947). Both must be large, so neither needs a correction for
        the other (an intersection-union test: Berger, Technometrics 1982).
        """
        mean, outside = self.inside.mean_excess, self.outside
        here = _variance(self.inside.rows, self.inside.excess, self.inside.excess_squares)
        there = _variance(outside.rows, outside.excess, outside.excess_squares)
        return np.minimum(_ratio(mean, here), _ratio(mean - outside.mean_excess, here + there))

    @property
    def p_values(self) -> np.ndarray:
        """One-sided, with Bonferroni's correction for the number of slices looked at."""
        return np.minimum(stdtr(self.inside.rows - 1, -self.t) * len(self), 1.0)

    @property
    def alone(self) -> np.ndarray:
        """The place of each condition's own slice among the slices, int; -1 where it is none."""
        single = np.flatnonzero(self.pairs[:, 0] == self.pairs[:, 1])
        places = np.full(self.pairs.max(initial=-1) + 1, -1)
        places[self.pairs[single, 0]] = single
        return places

    def clearer(self, sure: float) -> np.ndarray:
        """Say which slices show a higher loss than either of their conditions alone would, bool.

        The loss of a pair is held against that of the other rows of each condition: one-sided tests with
        unequal variances at the level `sure`, corrected for the number of slices. One condition alone is
        always clear.
        """
        clear: np.ndarray = np.ones(len(self), dtype=bool)
        pair = self.pairs[:, 0] != self.pairs[:, 1]
        inside = self.inside[pair]
        here = _variance(inside.rows, inside.loss, inside.loss_squares)
        for side in (0, 1):
            rest = self.inside[self.alone[self.pairs[pair, side]]] - inside
            there = _variance(rest.rows, rest.loss, rest.loss_squares)
            t = _ratio(inside.mean_loss - rest.mean_loss, here + there)
            fewer = np.minimum(inside.rows, rest.rows)
            clear[pair] &= (fewer > 1) & (stdtr(np.maximum(fewer - 1, 1), -t) * len(self) <= sure)
        return clear


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
    weights = np.stack([np.ones_like(loss), loss, loss**2, excess, excess**2])
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


def _variance(rows: np.ndarray, total: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Return the variance of the mean of some values, given their sum and the sum of their squares."""
    spread = np.maximum(squares - total**2 / rows, 0.0)
    return spread / np.maximum(rows - 1, 1) / rows


def _ratio(difference: np.ndarray, variance: np.ndarray) -> np.ndarray:
    certain = np.where(difference > 0, np.inf, 0.0)
    return np.divide(difference, np.sqrt(variance), out=certain, where=variance > 0)
