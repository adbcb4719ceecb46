"""The search for a candidate's parameters, by cross-validation within the training rows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import (
    BaseCrossValidator,
    KFold,
    ParameterGrid,
    ParameterSampler,
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
from airlock.training.spreading import spread

STEP = "estimator__"
Metrics = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Rows:
    """The training rows, and for each fold the places of the rows it trains and tests on."""

    features: pd.DataFrame
    truth: np.ndarray
    folds: tuple[tuple[np.ndarray, np.ndarray], ...]


def search(
    pipeline: Pipeline, features: pd.DataFrame, truth: np.ndarray, *, spec: ModelSpec, space: Search | None
) -> tuple[Pipeline, dict[str, Any], Metrics, tuple[Trial, ...]]:
    """Return the pipeline fitted on all rows with the best parameters, these, its metrics, and every trial.

    All combinations are tried where there are no more of them than iterations, else a seeded random choice
    without repetition. A combination without a figure in one fold is never the best. Folds may be worked
    elsewhere (`airlock.training.spreading`); the model itself is always fitted here.

    Raises
    ------
    ValueError
        When no combination has a figure for `training.select_by`.
    DaskError
        When the cluster that is to work the folds does not.
    """
    metric, combinations = spec.training.select_by, _combinations(spec, space)
    rows = Rows(features, truth, tuple(folds(spec).split(features, truth)))
    pieces = [(combination, fold) for combination in combinations for fold in range(len(rows.folds))]
    found = spread(partial(_figures, pipeline, spec), rows, pieces)
    figures = {
        name: np.array([one[name] for one in found]).reshape(len(combinations), len(rows.folds))
        for name in METRICS[spec.task]
    }
    best = _best(figures[metric].mean(axis=1), METRICS[spec.task][metric], metric)
    trials = tuple(_trial(combination, index, figures) for index, combination in enumerate(combinations))
    return (
        clone(pipeline).set_params(**combinations[best]).fit(features, truth),
        dict(trials[best].parameters),
        {
            name: {"mean": float(of[best].mean()), "std": float(of[best].std())}
            for name, of in figures.items()
        },
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


def _combinations(spec: ModelSpec, space: Search | None) -> list[dict[str, Any]]:
    values = {f"{STEP}{name}": list(values) for name, values in space.space.items()} if space else {}
    if space is None or math.prod(map(len, values.values())) <= space.iterations:
        return list(ParameterGrid(values))
    return list(ParameterSampler(values, space.iterations, random_state=spec.training.seed))


def _figures(
    pipeline: Pipeline, spec: ModelSpec, rows: Rows, piece: tuple[Mapping[str, Any], int]
) -> dict[str, float]:
    """Return what one combination of parameters comes to in one fold."""
    combination, fold = piece
    train, test = rows.folds[fold]
    fitted = clone(pipeline).set_params(**combination).fit(rows.features.iloc[train], rows.truth[train])
    classes = () if spec.task is Task.REGRESSION else tuple(str(label) for label in fitted.classes_)
    positive = None if spec.data.positive is None else label_of(spec.data.positive)
    signature = Signature(spec.name, spec.task, (), classes, positive, threshold_of(spec))
    answers = answers_of(fitted, rows.features.iloc[test], signature)
    return compute(spec.task, rows.truth[test], answers, classes=classes, positive=positive)


def _best(means: np.ndarray, better: str, metric: str) -> int:
    goodness = np.where(np.isfinite(means), means if better == HIGHER else -means, -np.inf)
    if not np.isfinite(goodness).any():
        raise ValueError(
            f"no fold has a figure for {metric}: each needs rows of every class. Use fewer folds"
        )
    return int(goodness.argmax())


def _trial(combination: Mapping[str, Any], index: int, figures: Mapping[str, np.ndarray]) -> Trial:
    parameters = {name.removeprefix(STEP): value for name, value in combination.items()}
    return Trial(parameters, {name: float(of[index].mean()) for name, of in figures.items()})
