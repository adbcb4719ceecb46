"""Whether a night looks as expected: one rule for every explanation that triage tries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from airlock.monitoring.chance import adjusted
from airlock.monitoring.distances import PSEUDO_COUNT

#: How rarely chance may make a column seem moved.
LEVEL = 0.001
#: How rarely chance may make an explanation fit so badly.
DOUBT = 0.01
#: The least movement worth explaining: a PSI below it is no change (Siddiqi 2006).
WORTH = 0.1
#: The fewest rows that a bin must expect, or it is joined with its neighbours. Cochran (1954) asks for five,
#: which is too few for chances as small as these.
LEAST_EXPECTED = 10.0


@dataclass(frozen=True)
class Expected:
    """The shares that a column's places are expected to have, and the variance of each."""

    shares: np.ndarray
    variances: np.ndarray

    @classmethod
    def of(cls, counts: np.ndarray) -> "Expected":
        """Return what the counts of a sample lead one to expect.

        >>> Expected.of(np.array([9, 9])).shares.tolist()
        [0.5, 0.5]
        """
        shares = (counts + PSEUDO_COUNT) / (counts.sum() + PSEUDO_COUNT * len(counts))
        return cls(shares, shares * (1 - shares) / max(counts.sum(), 1))

    def mixed(self, other: "Expected", share: float) -> "Expected":
        """Return what is expected when `other` makes up a share of the rows."""
        return Expected(
            (1 - share) * self.shares + share * other.shares,
            (1 - share) ** 2 * self.variances + share**2 * other.variances,
        )


@dataclass(frozen=True)
class Movement:
    """How far a column lies from what was expected.

    `psi` is the population stability index above what chance gives, at least 0; `moved` says that it is worth
    explaining and that chance does not, all columns of the night considered (Benjamini and Hochberg).
    `doubted` says that an explanation leaves too much in the column: less is enough to give it up.
    """

    column: str
    psi: float
    p_value: float
    moved: bool
    doubted: bool


def movements(now: Mapping[str, np.ndarray], expected: Mapping[str, Expected]) -> tuple[Movement, ...]:
    """Hold the night's counts of some columns against what is expected of them.

    Parameters
    ----------
    now
        Counts at each place of a column.
    expected
        What is expected of the same columns; columns of which nothing is expected are left out.
    """
    measured = {name: _distance(now[name], one) for name, one in expected.items() if now[name].sum()}
    p_values: Sequence[float] = adjusted([p for _, p in measured.values()]) if measured else []
    return tuple(
        Movement(
            name,
            psi,
            p_value,
            moved=bool(p_value <= LEVEL and psi >= WORTH),
            doubted=bool(p_value <= DOUBT and psi >= WORTH / 2),
        )
        for (name, (psi, _)), p_value in zip(measured.items(), p_values, strict=True)
    )


def moved(found: Sequence[Movement]) -> tuple[str, ...]:
    """Return the columns that moved, the farthest first."""
    return tuple(one.column for one in sorted(found, key=lambda one: -one.psi) if one.moved)


def total(found: Sequence[Movement]) -> float:
    """Return how much there is to explain: the sum of all columns' movements."""
    return sum(one.psi for one in found)


def _distance(counts: np.ndarray, expected: Expected) -> tuple[float, float]:
    """Return the population stability index above chance, and the p-value.

    Pearson's chi-square with the variance of both samples, over the bins that expect enough rows; what is
    rarer is counted together and held against Poisson's law. Both tests count (Bonferroni).
    """
    from scipy.special import chdtrc, pdtrc

    rows = counts.sum()
    groups = _groups(expected.shares * rows)
    now, shares, variances = (
        np.bincount(groups, values, minlength=2) for values in (counts, expected.shares, expected.variances)
    )
    due = rows * shares
    common = due[1:] > 0
    spread = (due + rows**2 * variances)[1:][common]
    statistic = float(np.sum((now - due)[1:][common] ** 2 / spread))
    rare = float(pdtrc(now[0] - 1, due[0] + rows * np.sqrt(variances[0]))) if now[0] else 1.0
    p_value = min(1.0, 2 * min(float(chdtrc(max(int(common.sum()) - 1, 1), statistic)), rare))
    share = (now + PSEUDO_COUNT) / (rows + PSEUDO_COUNT * len(now))
    kept = shares > 0
    chance = float(np.sum((shares[kept] / rows + variances[kept]) / shares[kept])) - 1 / rows
    psi = float(np.sum((share[kept] - shares[kept]) * np.log(share[kept] / shares[kept])))
    return max(psi - chance, 0.0), p_value


def _groups(expected: np.ndarray) -> np.ndarray:
    """Return the group of each place: 0 for what is too rare alone, then neighbours joined until enough.

    The last two places (never seen, missing) have no neighbours.
    """
    groups: np.ndarray = np.zeros(len(expected), dtype=np.int64)
    group, gathered = 1, 0.0
    for place, here in enumerate(expected[:-2]):
        groups[place] = group
        gathered += here
        if gathered >= LEAST_EXPECTED and expected[place + 1 : -2].sum() >= LEAST_EXPECTED:
            group, gathered = group + 1, 0.0
    for place in (len(expected) - 2, len(expected) - 1):
        if expected[place] >= LEAST_EXPECTED:
            group += 1
            groups[place] = group
    return groups
