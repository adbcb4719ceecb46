"""Whether a difference between groups can be chance."""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr, ndtri

#: A difference that chance alone gives less often than this is taken for real.
RARE = 0.01


def difference(
    values: np.ndarray, inside: np.ndarray, clusters: np.ndarray | None = None
) -> tuple[float, float]:
    """Return by how much a group's mean exceeds the mean of all others, and how often chance gives as much.

    A score test: the variance is taken under the assumption that there is no difference, which keeps groups
    of a few rows from being named. Rows of one cluster may resemble each other at will.

    Parameters
    ----------
    values
        float64, shape (rows,).
    inside
        bool, shape (rows,): who belongs to the group; neither all nor none.
    clusters
        int64, shape (rows,): which rows are of one person; None where every row stands by itself.

    Returns
    -------
    tuple of float
        The difference, and its two-sided p-value.

    References
    ----------
    Liang, Zeger: Longitudinal data analysis using generalized linear models, Biometrika 73, 1986 (the
    variance of a sum over clusters).

    Examples
    --------
    >>> values, inside = np.tile([0.0, 1.0], 50), np.arange(100) < 50
    >>> difference(values, inside)
    (0.0, 1.0)
    >>> gap, p = difference(np.repeat([1.0, 0.0], 50), inside)
    >>> gap, p < 1e-9
    (1.0, True)
    """
    members = int(inside.sum())
    gap = float(values[inside].mean() - values[~inside].mean())
    parts = (values - values.mean()) * np.where(inside, 1 / members, -1 / (len(values) - members))
    sums = parts if clusters is None else np.bincount(clusters, parts)
    spread = float(np.sqrt(np.sum(sums**2)))
    return gap, float(2 * ndtr(-abs(gap) / spread)) if spread > 0 else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values, each raised so that among all of them no chance finding is likelier than it says.

    References
    ----------
    Holm: A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    raised = np.maximum.accumulate(np.array(p_values)[order] * np.arange(len(p_values), 0, -1))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(raised, 1.0)
    return [float(value) for value in adjusted]


def share_interval(share: float, count: int, *, rare: float = RARE) -> tuple[float, float]:
    """Return between which shares the true one lies, after `count` independent draws.

    References
    ----------
    Wilson: Probable inference, the law of succession, and statistical inference, JASA 22, 1927.

    >>> [round(bound, 3) for bound in share_interval(0.5, 100, rare=0.05)]
    [0.404, 0.596]
    >>> share_interval(0.0, 10)[0]
    0.0
    """
    z = float(-ndtri(rare / 2))
    centre = share + z**2 / (2 * count)
    reach = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    scale = 1 + z**2 / count
    return max(float(centre - reach) / scale, 0.0), min(float(centre + reach) / scale, 1.0)
