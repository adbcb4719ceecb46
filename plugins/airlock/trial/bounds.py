"""Bounds that hold at all looks together, so that a trial may be looked at as often as anybody likes."""

import math

from scipy.special import betaincc, betaln, xlog1py, xlogy


def evidence_above(share: float, *, hits: int, rows: int) -> float:
    """Return the evidence that hits come more often than `share`: 20 or more is proof at 95 %.

    A mixture of likelihood ratios over every higher share. Where hits are no more frequent than `share`, the
    chance that it ever reaches 1 / e, at whichever of any number of looks, is at most e.

    Parameters
    ----------
    share
        The share that is allowed, 0 or more and below 1.
    hits, rows
        How many of how many rows were hit, since the first look.

    References
    ----------
    Robbins: Statistical methods related to the law of the iterated logarithm. Annals of Mathematical
    Statistics 41(5), 1970, 1397-1409 (mixtures); Ville's inequality gives the bound.

    Examples
    --------
    >>> round(evidence_above(0.01, hits=1, rows=3), 1), round(evidence_above(0.01, hits=2, rows=3))
    (8.6, 850)
    >>> evidence_above(0.0, hits=1, rows=1000)
    inf
    """
    ratio = betaln(hits + 1, rows - hits + 1) - xlogy(hits, share) - xlog1py(rows - hits, -share)
    with_prior = ratio - math.log1p(-share)
    tail = float(betaincc(hits + 1, rows - hits + 1, share))
    if tail == 0:
        return 0.0
    log = with_prior + math.log(tail)
    return math.exp(log) if log < 700 else math.inf


def radius(variance: float, rows: int, *, error: float, around: int) -> float:
    """Return how far an estimated mean may lie from the true one at any look, but for `error` of all trials.

    The asymptotic confidence sequence of the normal mixture. For the difference of two randomised arms,
    `variance` is the sum of the variances of their means.

    Parameters
    ----------
    variance
        The estimated variance of the estimate.
    rows
        How many rows it rests on, of both arms together.
    error
        The share of trials in which the truth may at some look lie outside.
    around
        At how many rows the bound is made to be tightest.

    Returns
    -------
    float
        NaN where the variance is, or there are no rows.

    References
    ----------
    Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas: Time-uniform central limit theory and asymptotic confidence
    sequences. Annals of Statistics 52(6), 2024, 2613-2640 (arXiv:2103.06476): theorem 2.2, section 3 for
    randomised experiments, and the approximation of the best rho.

    Examples
    --------
    >>> round(radius(1 / 100, 100, error=0.05, around=100), 3)  # 0.196 if one looked only once
    0.304
    """
    if not rows:
        return math.nan
    best = -2 * math.log(error) + math.log1p(-2 * math.log(error))
    scale = best * rows / around
    return math.sqrt(variance * (1 + 1 / scale) * math.log((scale + 1) / error**2))
