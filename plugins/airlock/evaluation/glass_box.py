"""Glass boxes: estimators that a person can read, and what it would cost to take one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from airlock.evaluation.choosing import CrossValidation, choose
from airlock.spec import ModelSpec

#: The dotted paths, as a spec writes them.
GLASS_BOXES = frozenset(
    {
        "sklearn.linear_model.LogisticRegression",
        "sklearn.linear_model.LinearRegression",
        "sklearn.linear_model.Ridge",
        "sklearn.linear_model.Lasso",
        "sklearn.linear_model.ElasticNet",
        "sklearn.tree.DecisionTreeClassifier",
        "sklearn.tree.DecisionTreeRegressor",
        "interpret.glassbox.ExplainableBoostingClassifier",
        "interpret.glassbox.ExplainableBoostingRegressor",
    }
)


def is_glass_box(estimator: str) -> bool:
    """Say whether a person can read what an estimator has learned.

    >>> is_glass_box("sklearn.linear_model.Ridge"), is_glass_box("sklearn.svm.SVC")
    (True, False)
    """
    return estimator in GLASS_BOXES


@dataclass(frozen=True)
class PriceOfGlass:
    """What the best candidate that a person can read reaches, beside the chosen one that nobody can."""

    glass_box: str
    metric: str
    chosen: float
    glass: float


def price_of_glass(
    spec: ModelSpec,
    best: str,
    *,
    estimators: Mapping[str, str],
    cross_validation: Mapping[str, CrossValidation],
    metrics: Mapping[str, Mapping[str, float]],
) -> PriceOfGlass | None:
    """Say what the best glass box reaches on the hold-out, beside the chosen candidate.

    Parameters
    ----------
    spec
        Its `training.select_by` is the metric, on the hold-out; in cross-validation it picks the glass box.
    best
        The chosen candidate.
    estimators, cross_validation, metrics
        Of every candidate, by its name.

    Returns
    -------
    PriceOfGlass
        None where the chosen candidate is a glass box itself, or no glass box has a figure.
    """
    metric = spec.training.select_by
    glass = {
        name: cross_validation[name]
        for name, estimator in estimators.items()
        if is_glass_box(estimator) and math.isfinite(cross_validation[name][metric]["mean"])
    }
    if best in glass or not glass:
        return None
    name = choose(spec, glass)
    return PriceOfGlass(name, metric, metrics[best][metric], metrics[name][metric])
