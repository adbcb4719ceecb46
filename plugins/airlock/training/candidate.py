"""A candidate: an estimator fitted with the best parameters that cross-validation finds."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from airlock.package.cores import one_core
from airlock.package.describe import signature_of
from airlock.package.fitted import Fitted
from airlock.package.frame import frame
from airlock.package.labels import truth_of
from airlock.spec import ModelSpec, Task
from airlock.training.checks import check_classes, check_missing_values
from airlock.training.estimator import estimator_for, refusal
from airlock.training.heard import listening, once
from airlock.training.preprocess import pipeline_for
from airlock.training.search import search


def fit(
    spec: ModelSpec,
    name: str,
    table: pa.Table,
    *,
    models: Path,
    parameters: Mapping[str, Any] | None = None,
) -> Fitted:
    """Search, cross-validate and fit one candidate on the training rows; the same rows give the same model.

    Parameters
    ----------
    spec
        The model's spec.
    name
        Which of its candidates.
    table
        The training rows.
    models
        The folder that holds the model's own folder.
    parameters
        Fit with exactly these, the seeds among them, in place of those in the spec, and search for none.

    Raises
    ------
    SpecError
        When the estimator, a parameter or the data do not fit together, naming the key of the spec.
    """
    start = time.perf_counter()
    if parameters is not None:
        spec = _with_parameters(spec, name, parameters)
    rows = _in_order(table, spec)
    kinds = {feature: kind for feature in spec.data.features if (kind := spec.data.kind_of(feature))}
    features, truth = frame(rows, kinds), truth_of(rows, spec.data.target, spec.task)
    check_classes(spec, truth, models)
    candidate = spec.training.candidates[name]
    estimator, given = estimator_for(spec, name, models=models)
    unfitted = pipeline_for(estimator, kinds, candidate.preprocessing)
    with refusal(spec, name, models), one_core(), listening() as heard:
        pipeline, found, metrics, trials = search(
            unfitted, features, truth, spec=spec, space=candidate.search
        )
    classes = () if spec.task is Task.REGRESSION else tuple(str(label) for label in pipeline.classes_)
    fitted = Fitted(
        name=name,
        estimator=candidate.estimator,
        pipeline=pipeline,
        signature=signature_of(spec, rows, classes),
        parameters=given | found,
        cross_validation=metrics,
        trials=trials,
        rows=len(rows),
        trained_until=_newest(rows, spec),
        seconds=time.perf_counter() - start,
        warnings=once(heard),
        refitted=parameters is not None,
    )
    check_missing_values(spec, fitted, models)
    return fitted


def _with_parameters(spec: ModelSpec, name: str, parameters: Mapping[str, Any]) -> ModelSpec:
    """Return a spec whose candidate has these parameters and no search."""
    candidate = spec.training.candidates[name].model_copy(
        update={"parameters": dict(parameters), "search": None}
    )
    candidates = spec.training.candidates | {name: candidate}
    return spec.model_copy(update={"training": spec.training.model_copy(update={"candidates": candidates})})


def _in_order(table: pa.Table, spec: ModelSpec) -> pa.Table:
    keys = [key for key in (spec.data.event_time, spec.data.entity_key) if key]
    return table.sort_by([(key, "ascending") for key in keys])


def _newest(rows: pa.Table, spec: ModelSpec) -> str | None:
    return rows[spec.data.event_time][-1].as_py().isoformat() if spec.data.event_time else None
