"""The search for a candidate's parameters, by cross-validation within the training rows."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import (
    BaseCrossValidator,
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.pipeline import Pipeline

from airlock.evaluation.metrics import compute
from airlock.package.answers import answers_of
from airlock.package.describe import threshold_of
from airlock.package.fitted import Trial
from airlock.package.labels import label_of
from airlock.package.signature import Signature
from airlock.spec import METRICS, ModelSpec, Task
from airlock.spec.metrics import HIGHER
from airlock.spec.training import Search

STEP = "estimator__"
Metrics = dict[str, dict[str, float]]


def search(
    pipeline: Pipeline, features: pd.DataFrame, truth: np.ndarray, *, spec: ModelSpec, space: Search | None
) -> tuple[Pipeline, dict[str, Any], Metrics, tuple[Trial, ...]]:
    """Return the pipeline fitted on all rows with the best parameters, these, its metrics, and every trial.

    All combinations are tried where there are no more of them than iterations, else a seeded random choice
    without repetition. A combination without a figure in one fold is never the best.

    Raises
    ------
    ValueError
        When no combination has a figure for `training.select_by`.
    """
    metric = spec.training.select_by
    options: dict[str, Any] = {
        "scoring": _scorer(spec),
        "cv": folds(spec),
        "refit": lambda results: _best(results[f"mean_test_{metric}"], METRICS[spec.task][metric], metric),
        "error_score": "raise",
        "n_jobs": 1,  # candidates are already trained beside one another, as mapped tasks
    }
    values = {f"{STEP}{name}": list(values) for name, values in space.space.items()} if space else {}
    if space is None or math.prod(map(len, values.values())) <= space.iterations:
        tried = GridSearchCV(pipeline, values, **options)
    else:
        tried = RandomizedSearchCV(
            pipeline, values, n_iter=space.iterations, random_state=spec.training.seed, **options
        )
    tried.fit(features, truth)
    trials = tuple(
        _trial(tried.cv_results_, index, spec) for index in range(len(tried.cv_results_["params"]))
    )
    best = int(tried.best_index_)
    return (
        tried.best_estimator_,
        dict(trials[best].parameters),
        _metrics(tried.cv_results_, best, spec),
        trials,
    )


def folds(spec: ModelSpec) -> BaseCrossValidator:
    """Return the folds: each tests on later rows than it trains on where the hold-out is the newest rows.

    A model that is released to answer tomorrow's rows is chosen by how it answers tomorrow's rows; shuffled
    folds would choose by how well it fills gaps in the past. Where the hold-out is random the folds are too,
    with equal shares of each class.
    """
    number, seed = spec.training.cross_validation.folds, spec.training.seed
    if spec.training.split.by == "time":
        return TimeSeriesSplit(number)
    if spec.task is Task.REGRESSION:
        return KFold(number, shuffle=True, random_state=seed)
    return StratifiedKFold(number, shuffle=True, random_state=seed)


def _scorer(spec: ModelSpec) -> Callable[[Pipeline, pd.DataFrame, np.ndarray], dict[str, float]]:
    positive = None if spec.data.positive is None else label_of(spec.data.positive)

    def score(pipeline: Pipeline, rows: pd.DataFrame, truth: np.ndarray) -> dict[str, float]:
        classes = () if spec.task is Task.REGRESSION else tuple(str(label) for label in pipeline.classes_)
        signature = Signature(spec.name, spec.task, (), classes, positive, threshold_of(spec))
        answers = answers_of(pipeline, rows, signature)
        return compute(spec.task, truth, answers, classes=classes, positive=positive)

    return score


def _best(means: np.ndarray, better: str, metric: str) -> int:
    goodness = np.where(np.isfinite(means), means if better == HIGHER else -means, -np.inf)
    if not np.isfinite(goodness).any():
        raise ValueError(
            f"no fold has a figure for {metric}: each needs rows of every class. Use fewer folds"
        )
    return int(goodness.argmax())


def _trial(results: Mapping[str, Any], index: int, spec: ModelSpec) -> Trial:
    parameters = {name.removeprefix(STEP): value for name, value in results["params"][index].items()}
    means = {metric: float(results[f"mean_test_{metric}"][index]) for metric in METRICS[spec.task]}
    return Trial(parameters, means)


def _metrics(results: Mapping[str, Any], index: int, spec: ModelSpec) -> Metrics:
    return {
        metric: {part: float(results[f"{part}_test_{metric}"][index]) for part in ("mean", "std")}
        for metric in METRICS[spec.task]
    }
