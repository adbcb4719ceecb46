"""Arithmetic: a target that is nothing but a sum of some of its features."""

import numpy as np

from airlock.inspection.sample import Sample
from airlock.spec import Task

#: The share of the target's variance that may be left over for floating-point arithmetic.
NOTHING = 1e-10
#: A feature has a part in the sum if its term varies by at least this share of the target's spread.
A_PART = 1e-5
#: A column with more missing values than this has no part in the search.
MOSTLY_THERE = 0.99
ROWS_PER_FEATURE = 10


def parts_of_the_target(sample: Sample) -> tuple[str, ...]:
    """Return the numeric features whose weighted sum is the target, in every row; none where there is none.

    Least squares with a constant on the complete rows. Of noise-free data it leaves nothing; of anything that
    nature made it leaves far more than rounding does. Categories and classes of many have no part in it.
    """
    if sample.spec.task is Task.MULTICLASS:
        return ()
    kinds = [sample.spec.data.kind_of(name) for name in sample.names]
    present = np.isfinite(sample.values)
    chosen = [
        index
        for index, kind in enumerate(kinds)
        if kind != "category" and present[:, index].mean() >= MOSTLY_THERE
    ]
    complete = present[:, chosen].all(axis=1)
    values, target = sample.values[complete][:, chosen], _target(sample)[complete]
    spread = values.std(axis=0) if len(values) else np.zeros(len(chosen))
    varies = spread > 0
    if len(values) < ROWS_PER_FEATURE * (varies.sum() + 1) or not varies.any() or target.std() == 0:
        return ()
    scaled = (values[:, varies] - values[:, varies].mean(axis=0)) / spread[varies]
    centred = (target - target.mean()) / target.std()
    weights = np.linalg.lstsq(scaled, centred, rcond=None)[0]
    if np.mean((centred - scaled @ weights) ** 2) > NOTHING:
        return ()
    names = [sample.names[index] for index, one in zip(chosen, varies, strict=True) if one]
    return tuple(name for name, weight in zip(names, weights, strict=True) if abs(weight) > A_PART)


def _target(sample: Sample) -> np.ndarray:
    if sample.spec.task is Task.REGRESSION:
        return sample.truth
    return (sample.truth == sample.truth[0]).astype(np.float64)
