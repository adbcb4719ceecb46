"""Chance: how often two samples of one distribution differ by at least as much as these do.

Tonight's rows and the training rows are taken for two samples. A p-value is the share of such pairs that lie
as far apart although nothing has changed.
"""

from collections.abc import Sequence

import numpy as np

#: Of the columns of a night that seem to differ, the share that may do so by chance alone.
FALSE_DISCOVERIES = 0.01


def chi_square(before: np.ndarray, now: np.ndarray) -> tuple[float, float]:
    """Return Pearson's chi-square of two samples' counts over the same bins, and its p-value.

    The test of homogeneity, with one degree of freedom less than there are bins with any row. Fewer than two
    such bins give nothing to compare: 0 and 1.

    References
    ----------
    Pearson: On the criterion that a given system of deviations ..., Philosophical Magazine 50, 1900.
    Cochran: Some methods for strengthening the common chi-square tests, Biometrics 10, 1954 (why bins with
    few rows are joined before).

    Examples
    --------
    >>> statistic, p_value = chi_square(np.array([500, 500]), np.array([60, 40]))
    >>> round(statistic, 2), round(p_value, 3)
    (3.64, 0.056)
    """
    from scipy.special import chdtrc

    table = np.array([before, now], dtype=np.float64)
    table = table[:, table.sum(axis=0) > 0]
    rows = table.sum(axis=1, keepdims=True)
    if table.shape[1] < 2 or not rows.all():
        return 0.0, 1.0
    expected = rows * table.sum(axis=0) / table.sum()
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return statistic, float(chdtrc(table.shape[1] - 1, statistic))


def rare(before: int, rows_before: int, now: int, rows_now: int) -> float:
    """Return the p-value of how often something rare came, which may be so rare that chi-square is no guide.

    Given how often it came in both samples together, each time fell to tonight with the probability
    rows_now / (rows_before + rows_now): a binomial law. The smaller tail is doubled.

    References
    ----------
    Przyborowski, Wilenski: Homogeneity of results in testing samples from Poisson series, Biometrika 31,
    1940.

    Examples
    --------
    >>> rare(0, 900, 0, 100)
    1.0
    >>> round(rare(0, 900, 2, 100), 3)
    0.02
    """
    from scipy.special import bdtr, bdtrc

    share, times = rows_now / (rows_before + rows_now), before + now
    at_least = 1.0 if now == 0 else float(bdtrc(now - 1, times, share))
    return min(1.0, 2 * min(at_least, float(bdtr(now, times, share))))


def smallest(p_values: Sequence[float]) -> float:
    """Return the p-value of several tests of one thing together (Bonferroni): the smallest, times how many.

    >>> smallest([0.01, 0.5, 1.0])
    0.03
    """
    return min(1.0, len(p_values) * min(p_values))


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Return p-values of many columns, adjusted by Benjamini and Hochberg.

    Who calls every column changed whose adjusted value is at most q is wrong about a share q of them in the
    mean, also where columns that move together are tested together.

    References
    ----------
    Benjamini, Hochberg: Controlling the false discovery rate, J. R. Statist. Soc. B 57, 1995.
    Benjamini, Yekutieli: The control of the false discovery rate under dependency, Ann. Stat. 29, 2001.

    Examples
    --------
    >>> adjusted([0.01, 0.04, 0.03, 0.5])
    [0.04, 0.05333333333333334, 0.05333333333333334, 0.5]
    """
    given = np.asarray(p_values, dtype=np.float64)
    falling = np.argsort(given)[::-1]
    ranks = np.arange(len(given), 0, -1)
    bounded = np.minimum.accumulate(np.minimum(given[falling] * len(given) / ranks, 1.0))
    found = np.empty_like(bounded)
    found[falling] = bounded
    return found.tolist()
