"""How far two sets of counts over the same bins lie apart."""

import numpy as np

#: Added to every bin on both sides, so that an empty bin has a logarithm (Krichevsky and Trofimov 1981).
PSEUDO_COUNT = 0.5
#: Bins are joined until the night, or the training data if they are fewer, have about this many rows in each.
EXPECTED_ROWS = 10.0


def psi(reference: np.ndarray, current: np.ndarray) -> float:
    """Return the population stability index, sum of (q - p) ln(q / p) over the bins.

    p and q are the shares of `reference` and `current` after half a row is added to every bin: the epsilon
    that keeps an empty bin finite at any number of rows (Krichevsky, Trofimov).

    Parameters
    ----------
    reference, current
        Counts, shape (bins,).

    References
    ----------
    Siddiqi: Credit Risk Scorecards, Wiley 2006 (below 0.1 no change, above 0.25 a significant one).
    Krichevsky, Trofimov: The performance of universal encoding, IEEE Trans. Inf. Theory 27, 1981.

    Examples
    --------
    >>> psi(np.array([500, 500]), np.array([500, 500]))
    0.0
    >>> round(psi(np.array([500, 500]), np.array([800, 200])), 3)
    0.415
    """
    p, q = _smoothed(reference), _smoothed(current)
    return float(np.sum((q - p) * np.log(q / p)))


def expected_psi(bins: int, reference_rows: int, rows: int) -> float:
    """Return the index that two samples of one distribution have on average: (bins - 1) (1/N + 1/n).

    References
    ----------
    Yurdakul: Statistical Properties of Population Stability Index, Western Michigan University 2018
    (the index times (1/N + 1/n)^-1 is asymptotically chi-square with bins - 1 degrees of freedom).

    Examples
    --------
    >>> round(expected_psi(20, 5000, 300), 3)
    0.067
    """
    return (bins - 1) * (1 / reference_rows + 1 / rows)


def excess_psi(reference: np.ndarray, current: np.ndarray, *, ordinary: int) -> float:
    """Return how far the population stability index exceeds what chance alone would give, at least 0.

    Only the first `ordinary` bins are joined where rows are few; those after them (missing, never seen) stay
    by themselves however few rows they had, because a burst of one is a finding.

    Parameters
    ----------
    reference, current
        Counts, shape (bins,), in an order in which neighbours may be joined.
    ordinary
        How many of the bins may be joined with their neighbours.

    Examples
    --------
    >>> calm, shifted = np.array([16, 14]), np.array([24, 6])
    >>> excess_psi(np.array([500, 500]), calm, ordinary=2)
    0.0
    >>> round(excess_psi(np.array([500, 500]), shifted, ordinary=2), 2)
    0.35
    """
    before, now = joined(reference, current, ordinary=ordinary)
    some = (before > 0) | (now > 0)
    before, now = before[some], now[some]
    chance = expected_psi(max(int((before > 0).sum()), 1), int(before.sum()), int(now.sum()))
    return max(psi(before, now) - chance, 0.0)


def joined(reference: np.ndarray, current: np.ndarray, *, ordinary: int) -> tuple[np.ndarray, np.ndarray]:
    """Return both counts with the first `ordinary` bins joined until enough rows are expected in each.

    Examples
    --------
    >>> joined(np.array([400, 100, 500, 7]), np.array([20, 5, 25, 0]), ordinary=3)
    (array([400, 600,   7]), array([20, 30,  0]))
    """
    groups = _groups(reference[:ordinary], min(int(reference.sum()), int(current.sum())))
    return _joined(reference, groups), _joined(current, groups)


def jensen_shannon(reference: np.ndarray, current: np.ndarray) -> float:
    """Return the Jensen-Shannon distance, base 2: 0 for equal shares, 1 for shares that never meet.

    The square root of (KL(p, m) + KL(q, m)) / 2 with m the mean of p and q. Empty bins need no epsilon.

    References
    ----------
    Lin: Divergence measures based on the Shannon entropy, IEEE Trans. Inf. Theory 37, 1991.
    Endres, Schindelin: A new metric for probability distributions, IEEE Trans. Inf. Theory 49, 2003.

    Examples
    --------
    >>> jensen_shannon(np.array([3, 0]), np.array([0, 9]))
    1.0
    >>> jensen_shannon(np.array([1, 3]), np.array([2, 6]))
    0.0
    """
    p, q = reference / reference.sum(), current / current.sum()
    mean = (p + q) / 2
    return float(np.sqrt(max((_divergence(p, mean) + _divergence(q, mean)) / 2, 0.0)))


def kolmogorov_smirnov(reference: np.ndarray, current: np.ndarray) -> float:
    """Return the largest gap between the two cumulative shares at the bins' edges.

    It never exceeds the Kolmogorov-Smirnov statistic of the values themselves, and falls short of it by no
    more than the largest share of rows that a bin has on either side. Where each bin holds one value, as with
    few whole numbers, it is that statistic.

    References
    ----------
    Smirnov: Table for estimating the goodness of fit of empirical distributions, Ann. Math. Stat. 19, 1948.

    Examples
    --------
    >>> kolmogorov_smirnov(np.array([5, 5, 0]), np.array([0, 5, 5]))
    0.5
    """
    return float(np.abs(np.cumsum(reference / reference.sum()) - np.cumsum(current / current.sum())).max())


def wasserstein(
    edges: np.ndarray,
    reference: tuple[np.ndarray, np.ndarray],
    current: tuple[np.ndarray, np.ndarray],
    *,
    origin: float,
) -> float:
    """Return the Wasserstein distance: the area between the two cumulative shares, in the column's unit.

    Of every bin the counts and the sum of the values give the area exactly where one cumulative share stays
    above the other in it. Where they cross inside a bin, the parts take each other off: the distance never
    exceeds that of the values themselves.

    Parameters
    ----------
    edges
        The inner edges of the bins, shape (bins - 1,).
    reference, current
        Counts, and sums of the values less `origin`, each of shape (bins,).
    origin
        From where the sums are taken.

    References
    ----------
    Vallender: Calculation of the Wasserstein distance between probability distributions on the line, Theory
    Probab. Appl. 18, 1974 (the distance as that area).

    Examples
    --------
    >>> before, now = (np.array([2, 1]), np.array([3.0, 3.0])), (np.array([0, 3]), np.array([0.0, 12.0]))
    >>> wasserstein(np.array([2.0]), before, now, origin=0.0)
    2.0
    """
    (before, sum_before), (now, sum_now) = reference, current
    gap = np.cumsum(before / before.sum() - now / now.sum())[:-1]
    corner = (edges - origin) * gap
    moments = sum_before / before.sum() - sum_now / now.sum()
    return float(np.abs(np.append(corner, 0.0) - np.append(0.0, corner) - moments).sum())


def quantiles(
    edges: np.ndarray, counts: np.ndarray, shares: np.ndarray, *, least: float, most: float
) -> np.ndarray:
    """Return the values below which these shares lie, on a straight line within the bin that holds each.

    Examples
    --------
    >>> quantiles(np.array([10.0]), np.array([50, 50]), np.array([0.25, 0.5]), least=0.0, most=100.0).tolist()
    [5.0, 10.0]
    """
    points = np.concatenate([[least], np.clip(edges, least, most), [most]])
    return np.interp(shares, np.append(0.0, np.cumsum(counts) / counts.sum()), points)


def _smoothed(counts: np.ndarray) -> np.ndarray:
    return (counts + PSEUDO_COUNT) / (counts.sum() + PSEUDO_COUNT * len(counts))


def _joined(counts: np.ndarray, groups: np.ndarray) -> np.ndarray:
    ordinary = np.bincount(groups, counts[: len(groups)], minlength=1).astype(np.int64)
    return np.append(ordinary, counts[len(groups) :])


def _groups(reference: np.ndarray, rows: int) -> np.ndarray:
    """Return for each bin the number of the group it is joined into, neighbours first."""
    expected = reference / max(reference.sum(), 1) * rows
    groups, group, gathered = [], 0, 0.0
    for index, here in enumerate(expected):
        groups.append(group)
        gathered += here
        left = expected[index + 1 :].sum()
        if gathered >= EXPECTED_ROWS and left >= EXPECTED_ROWS:
            group, gathered = group + 1, 0.0
    return np.array(groups, dtype=np.int64)


def _divergence(p: np.ndarray, q: np.ndarray) -> float:
    some = p > 0
    return float(np.sum(p[some] * np.log2(p[some] / q[some])))
