"""Choosing the best candidate: by cross-validation, never by the rows that judge it."""

import math
from collections.abc import Mapping

from airlock.evaluation.errors import EvaluationError
from airlock.spec import METRICS, ModelSpec
from airlock.spec.metrics import HIGHER

CrossValidation = Mapping[str, Mapping[str, float]]


def choose(spec: ModelSpec, cross_validation: Mapping[str, CrossValidation]) -> str:
    """Return the candidate with the best mean of `training.select_by`; of equals, the first in the spec.

    Raises
    ------
    EvaluationError
        When no candidate has that figure.
    """
    metric = spec.training.select_by
    sign = 1 if METRICS[spec.task][metric] == HIGHER else -1
    means = {
        name: sign * cross_validation[name][metric]["mean"]
        for name in spec.training.candidates
        if name in cross_validation and math.isfinite(cross_validation[name][metric]["mean"])
    }
    if not means:
        raise EvaluationError(
            f"{spec.name}/model.yaml: training.select_by: no candidate has a figure for {metric} in "
            "cross-validation. Use another metric, fewer folds or more rows."
        )
    return max(means, key=lambda name: means[name])
