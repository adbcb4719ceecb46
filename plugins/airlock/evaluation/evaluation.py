"""Evaluation: every candidate and the champion, measured on the same rows that none of them saw."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.evaluation.bootstrap import Interval
from airlock.evaluation.choosing import CrossValidation, choose
from airlock.evaluation.comparable import may_have_seen, problem_of
from airlock.evaluation.comparison import Comparison, compare
from airlock.evaluation.curves import Curves
from airlock.evaluation.figures import from_json, to_json
from airlock.evaluation.glass_box import PriceOfGlass, is_glass_box, price_of_glass
from airlock.evaluation.measuring import Measured
from airlock.package.package import Package
from airlock.spec import ModelSpec, Task


@dataclass(frozen=True)
class Result:
    """One candidate: what it is, and its figures in cross-validation and on the hold-out.

    One that was not trained here says in `external` where it comes from, and has none of the first.
    """

    name: str
    package: str
    estimator: str
    parameters: Mapping[str, Any]
    cross_validation: CrossValidation
    metrics: Mapping[str, float]
    warnings: tuple[str, ...] = ()
    external: Mapping[str, Any] | None = None
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    glass_box: bool = False


@dataclass(frozen=True)
class Champion:
    """The model in production, on the same rows; `problem` says why it has no figures."""

    package: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    problem: str = ""
    note: str = ""
    intervals: Mapping[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """What came of comparing.

    Attributes
    ----------
    best
        The candidate that cross-validation chose.
    threshold
        Binary only: the score from which on it says yes.
    comparison
        It beside the champion; None where there is none, or it cannot be measured.
    curves
        What plots of its answers are drawn from.
    price_of_glass
        None where it is a glass box itself, or none was tried.
    """

    best: str
    rows: int
    classes: Mapping[str, int]
    results: tuple[Result, ...]
    champion: Champion | None = None
    threshold: float | None = None
    comparison: Comparison | None = None
    curves: Curves = field(default_factory=dict)
    price_of_glass: PriceOfGlass | None = None

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
        parts = {name: value[name] for name in ("champion", "comparison", "price_of_glass")}
        champion, comparison, price = (part and from_json(part) for part in parts.values())
        return cls(
            best=value["best"],
            rows=value["rows"],
            classes=value["classes"],
            results=tuple(_result(result) for result in value["results"]),
            champion=champion and Champion(**champion | {"intervals": _pairs(champion["intervals"])}),
            threshold=value["threshold"],
            comparison=comparison and Comparison(**comparison),
            curves=value["curves"],
            price_of_glass=price and PriceOfGlass(**price),
        )


def evaluate(
    spec: ModelSpec,
    holdout: pa.Table,
    candidates: Mapping[str, Package],
    cross_validation: Mapping[str, CrossValidation],
    champion: Package | None,
) -> Evaluation:
    """Measure candidates and champion on the hold-out, and choose the best by cross-validation.

    The hold-out only measures: choosing by it would make its figures too good. A candidate that was not
    trained here has no cross-validation; it comes alone, and there is nothing to choose.

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
    folds = {name: from_json(cross_validation[name]) for name in candidates}
    elsewhere = [name for name, package in candidates.items() if package.provenance.get("external")]
    best = elsewhere[0] if elsewhere else choose(spec, folds)
    measured = {name: Measured.of(spec, package, holdout) for name, package in candidates.items()}
    results = tuple(
        _measured(name, package, folds[name], measured[name]) for name, package in candidates.items()
    )
    theirs = None if champion is None else _champion(spec, champion, holdout)
    labels, counts = (
        np.unique(measured[best].truth, return_counts=True) if spec.task is not Task.REGRESSION else ((), ())
    )
    return Evaluation(
        best=best,
        rows=len(holdout),
        classes={str(label): int(count) for label, count in zip(labels, counts, strict=True)},
        results=results,
        champion=theirs[0] if theirs else None,
        threshold=candidates[best].signature.threshold if spec.task is Task.BINARY else None,
        comparison=_compared(spec, measured[best], theirs[1]) if theirs and theirs[1] else None,
        curves=measured[best].curves,
        price_of_glass=price_of_glass(
            spec,
            best,
            estimators={result.name: result.estimator for result in results},
            cross_validation=folds,
            metrics={result.name: result.metrics for result in results},
        ),
    )


def _measured(name: str, package: Package, folds: CrossValidation, measured: Measured) -> Result:
    made = package.provenance
    return Result(
        name=name,
        package=package.digest,
        estimator=made["estimator"],
        parameters=made["parameters"],
        cross_validation=folds,
        metrics=measured.metrics,
        warnings=tuple(made["warnings"]),
        external=made.get("external"),
        intervals=measured.intervals,
        glass_box=is_glass_box(made["estimator"]),
    )


def _champion(spec: ModelSpec, package: Package, holdout: pa.Table) -> tuple[Champion, Measured | None]:
    if problem := problem_of(spec, package, holdout):
        return Champion(package.digest, problem=problem), None
    measured = Measured.of(spec, package, holdout)
    champion = Champion(
        package.digest,
        measured.metrics,
        note=may_have_seen(spec, package, holdout),
        intervals=measured.intervals,
    )
    return champion, measured


def _compared(spec: ModelSpec, candidate: Measured, champion: Measured) -> Comparison:
    asked = spec.gates.champion
    return compare(
        spec.task,
        asked.metric,
        asked.tolerance,
        candidate=candidate.metrics[asked.metric],
        champion=champion.metrics[asked.metric],
        of_candidate=candidate.resampled[asked.metric],
        of_champion=champion.resampled[asked.metric],
    )


def _result(value: Mapping[str, Any]) -> Result:
    figures = {key: from_json(value[key]) for key in ("cross_validation", "metrics")}
    intervals = _pairs(from_json(value["intervals"]))
    return Result(**{**value, **figures, "intervals": intervals, "warnings": tuple(value["warnings"])})


def _pairs(intervals: Mapping[str, Any]) -> dict[str, Interval]:
    return {name: (low, high) for name, (low, high) in intervals.items()}
