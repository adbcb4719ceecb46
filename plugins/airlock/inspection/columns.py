"""Columns: those that say nothing, name a row, miss values or hold values far out of all others."""

import math

import numpy as np
import pyarrow.compute as pc

from airlock.inspection.check import Check, CheckKind
from airlock.inspection.rows import Rows
from airlock.spec.columns import Kind

#: One value in more of the rows than this, and the column says next to nothing.
CONSTANT = 0.99
#: A category with more values than this part of its rows names rows, and tells nothing of new ones.
IDENTIFIER = 0.5
MISSING = 0.2
#: How many robust standard deviations from the middle is far out.
FAR_OUT = 5.0
#: What makes each scale a standard deviation, for a normal distribution.
MEDIAN_TO_SIGMA, MEAN_TO_SIGMA, QUARTILES_TO_SIGMA = 1.4826, 1.2533, 0.7413
#: Fewer distinct values than these have no outliers.
FEWEST_STEPS = 12
#: A quartile skewness beyond which a positive number is looked at on a logarithmic scale.
SKEWED = 0.1


def columns(rows: Rows) -> list[Check]:
    """Look at every column a model sees or that says who people are."""
    data = rows.spec.data
    checks: list[Check] = []
    for name in rows.said:
        checks += [_constant(rows, name), _missing(rows, name)]
        if data.kind_of(name) is Kind.NUMBER:
            checks.append(_outliers(rows, name))
    checks += [_identifier(rows, name) for name in data.features if data.kind_of(name) is Kind.CATEGORY]
    return checks


def far_out(values: np.ndarray) -> float:
    """Return the share of values more than `FAR_OUT` robust standard deviations from the median.

    The scale is the larger of the median absolute deviation and the quartiles' distance, so that a second
    heap of values is not taken for outliers; where both are zero, because one value fills most rows, it is
    the mean absolute deviation. Positive numbers with a long upper tail are looked at through
    log(1 + x / median) where that makes their quartiles more even. Few distinct values are a scale with
    steps, and none of them is far out.

    Parameters
    ----------
    values
        Finite float64.

    References
    ----------
    Iglewicz, Hoaglin: How to detect and handle outliers, ASQC 1993. Bowley: Elements of statistics, 1920
    (quartile skewness).

    Examples
    --------
    >>> far_out(np.append(np.arange(99.0), 1e6))
    0.01
    >>> far_out(np.exp(np.random.default_rng(1).normal(size=1000)))
    0.002
    """
    if len(np.unique(values)) < FEWEST_STEPS:
        return 0.0
    seen = _evened(values)
    distances = np.abs(seen - np.median(seen))
    low, high = np.quantile(seen, [0.25, 0.75])
    scale = max(MEDIAN_TO_SIGMA * np.median(distances), QUARTILES_TO_SIGMA * (high - low))
    return float(np.mean(distances > FAR_OUT * (scale or MEAN_TO_SIGMA * distances.mean())))


def _evened(values: np.ndarray) -> np.ndarray:
    middle = np.median(values)
    if values.min() < 0 or middle <= 0 or _skewness(values) <= SKEWED:
        return values
    logarithms = np.log1p(values / middle)
    return logarithms if abs(_skewness(logarithms)) < _skewness(values) else values


def _skewness(values: np.ndarray) -> float:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float((high + low - 2 * middle) / (high - low)) if high > low else 0.0


def _outliers(rows: Rows, name: str) -> Check:
    limit = rows.spec.data.inspection.outliers
    share = far_out(rows.stated(name).to_numpy().astype(np.float64))
    return Check(
        CheckKind.OUTLIERS,
        share <= limit,
        share,
        limit,
        f"{share:.2%} of the values of {name} lie far out of all others; at most {limit:.2%} is expected.",
        f"Look at the largest and smallest values of {name}: a unit may be mixed up.",
        column=name,
    )


def _constant(rows: Rows, name: str) -> Check:
    values = rows.stated(name)
    most = pc.max(pc.value_counts(values).field("counts")).as_py() if len(values) else 0
    share = most / len(values) if len(values) else math.nan
    sentence = (
        f"{share:.1%} of the values of {name} are the same."
        if len(values)
        else f"{name} has no value in any row."
    )
    mend = f"Leave {name} out with role: ignored, or find out why it does not vary."
    return Check(CheckKind.CONSTANT, share <= CONSTANT, share, CONSTANT, sentence, mend, column=name)


def _missing(rows: Rows, name: str) -> Check:
    share = 1 - len(rows.stated(name)) / len(rows)
    sentence = f"{share:.1%} of the rows have no {name}; at most {MISSING:.0%} is expected."
    mend = (
        f"Find out why {name} is not there, and whether it is missing for some people more than for others."
    )
    return Check(CheckKind.MISSING, share <= MISSING, share, MISSING, sentence, mend, column=name)


def _identifier(rows: Rows, name: str) -> Check:
    values = rows.stated(name)
    share = pc.count_distinct(values).as_py() / len(values) if len(values) else 0.0
    return Check(
        CheckKind.IDENTIFIER,
        share <= IDENTIFIER,
        share,
        IDENTIFIER,
        f"{name} has a different value in {share:.0%} of the rows that have one.",
        f"Write role: identifier for {name}, or join its values into fewer.",
        column=name,
    )
