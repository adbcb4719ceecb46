"""Evaluation: every candidate and the champion, measured on the same rows that none of them saw."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.evaluation.errors import EvaluationError
from airlock.evaluation.figures import from_json, to_json
from airlock.evaluation.metrics import compute
from airlock.package.labels import label_of, truth_of
from airlock.package.package import Package
from airlock.package.predictor import Predictor
from airlock.spec import METRICS, ModelSpec, Task
from airlock.spec.metrics import HIGHER

CrossValidation = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Result:
    """One candidate: what it is, and its figures in cross-validation and on the hold-out."""

    name: str
    package: str
    estimator: str
    parameters: Mapping[str, Any]
    cross_validation: CrossValidation
    metrics: Mapping[str, float]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Champion:
    """The model in production, on the same rows; `problem` says why it has no figures."""

    package: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class Evaluation:
    """What came of comparing: `best` is the candidate that cross-validation chose."""

    best: str
    rows: int
    classes: Mapping[str, int]
    results: tuple[Result, ...]
    champion: Champion | None = None

    @property
    def chosen(self) -> Result:
        """The best candidate."""
        return next(result for result in self.results if result.name == self.best)

    @property
    def metrics(self) -> Mapping[str, float]:
        """The best candidate's figures on the hold-out."""
        return self.chosen.metrics

    def to_json(self) -> dict[str, Any]:
        """Return the evaluation as JSON; a figure that is NaN becomes null."""
        return to_json(asdict(self))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Evaluation":
        """Return the evaluation that `to_json` wrote."""
        results = tuple(_result(result) for result in value["results"])
        champion = value["champion"]
        if champion is not None:
            champion = Champion(**{**champion, "metrics": from_json(champion["metrics"])})
        return cls(value["best"], value["rows"], value["classes"], results, champion)


def evaluate(
    spec: ModelSpec,
    holdout: pa.Table,
    candidates: Mapping[str, Package],
    cross_validation: Mapping[str, CrossValidation],
    champion: Package | None,
) -> Evaluation:
    """Measure candidates and champion on the hold-out, and choose the best by cross-validation.

    The hold-out only measures: choosing by it would make its figures too good.

    Parameters
    ----------
    spec
        The model's spec.
    holdout
        The rows held out.
    candidates
        The packages, by the candidates' names.
    cross_validation
        Each candidate's figures over the folds; one that is NaN may have become null on its way.
    champion
        The package in production.

    Raises
    ------
    EvaluationError
        When no candidate has a figure to be chosen by.
    """
    truth = truth_of(holdout, spec.data.target, spec.task)
    folds = {name: from_json(cross_validation[name]) for name in candidates}
    best = choose(spec, folds)
    results = tuple(
        Result(
            name=name,
            package=package.digest,
            estimator=package.provenance["estimator"],
            parameters=package.provenance["parameters"],
            cross_validation=folds[name],
            metrics=_measure(spec, package, holdout, truth),
            warnings=tuple(package.provenance["warnings"]),
        )
        for name, package in candidates.items()
    )
    labels, counts = np.unique(truth, return_counts=True) if spec.task is not Task.REGRESSION else ((), ())
    classes = {str(label): int(count) for label, count in zip(labels, counts, strict=True)}
    measured = None if champion is None else _champion(spec, champion, holdout, truth)
    return Evaluation(best, len(holdout), classes, results, measured)


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


def _measure(spec: ModelSpec, package: Package, holdout: pa.Table, truth: np.ndarray) -> dict[str, float]:
    answers = Predictor.load(package).predict_table(holdout)
    positive = None if spec.data.positive is None else label_of(spec.data.positive)
    return compute(spec.task, truth, answers, classes=package.signature.classes, positive=positive)


def _champion(spec: ModelSpec, package: Package, holdout: pa.Table, truth: np.ndarray) -> Champion:
    signature = package.signature
    missing = [name for name in signature.kinds if name not in holdout.column_names]
    changed = [
        name
        for name, kind in signature.kinds.items()
        if name not in missing and spec.data.kind_of(name) != kind
    ]
    if missing or changed:
        names = ", ".join(missing + changed)
        problem = f"it takes {names}, which the data no longer hold in that form."
        return Champion(package.digest, problem=problem)
    if signature.task is not spec.task or (
        signature.positive and signature.positive != label_of(spec.data.positive)
    ):
        return Champion(package.digest, problem="it answers another question than the spec asks now.")
    return Champion(
        package.digest, _measure(spec, package, holdout, truth), note=_may_have_seen(spec, package, holdout)
    )


def _may_have_seen(spec: ModelSpec, package: Package, holdout: pa.Table) -> str:
    """Say so where the champion may have learned from rows it is measured on; that only flatters it."""
    made_from, now = package.provenance, spec.training
    seen = "The champion may have learned from some of these rows, which makes its figures look better."
    if now.split.by == "random":
        same = made_from["seed"] == now.seed and made_from["split"] == now.split.model_dump(mode="json")
        return "" if same else seen
    first = pc.min(holdout[spec.data.event_time]).as_py()
    until = made_from["trained_until"]
    return "" if until and datetime.fromisoformat(until) < first.astimezone(UTC) else seen


def _result(value: Mapping[str, Any]) -> Result:
    figures = {key: from_json(value[key]) for key in ("cross_validation", "metrics")}
    return Result(**{**value, **figures, "warnings": tuple(value["warnings"])})
