"""A pipeline that somebody else trained, held against the spec before it is treated as a candidate."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.base import is_regressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from airlock.package.describe import signature_of
from airlock.package.fitted import Fitted
from airlock.package.frame import ARROW_TYPES
from airlock.package.labels import label_of, truth_of
from airlock.package.origin import Origin
from airlock.spec import ModelSpec, Task
from airlock.training.errors import ExternalError

LIKE_AIRLOCK = (
    "Fit it on a DataFrame as Airlock gives it: numbers and booleans as float64 with NaN where missing, "
    "categories as text, '' where missing."
)


def name_of(version: int) -> str:
    """Return the name a version from elsewhere has among candidates.

    >>> name_of(7)
    'mlflow_version_7'
    """
    return f"mlflow_version_{version}"


def adopt(
    spec: ModelSpec,
    pipeline: Any,
    origin: Origin,
    *,
    train: pa.Table,
    holdout: pa.Table,
    warnings: tuple[str, ...] = (),
) -> Fitted:
    """Return a pipeline from elsewhere as a candidate, once it has shown that it answers the spec's question.

    Parameters
    ----------
    spec
        The model's spec.
    pipeline
        A fitted scikit-learn pipeline or estimator.
    origin
        Where it comes from.
    train
        The rows that a candidate of this run would learn from; the signature is written from them.
    holdout
        Rows that it must answer.
    warnings
        What is already known to speak against it.

    Raises
    ------
    ExternalError
        When it answers another question, takes other features, or cannot answer the hold-out or missing
        values.
    """
    what = f"{spec.name} version {origin.version}"
    check_task(what, spec, pipeline)
    names = check_features(what, spec, pipeline)
    signature = signature_of(spec, train, check_classes(what, spec, pipeline, (train, holdout)))
    features = {feature.name: feature for feature in signature.features}
    fitted = Fitted(
        name=name_of(origin.version),
        estimator=_path(pipeline),
        # As every candidate's: a preparation and an estimator. This one prepares by itself.
        pipeline=Pipeline([("prepare", FunctionTransformer()), ("estimator", pipeline)]),
        # In its own order of the features, which scikit-learn insists on.
        signature=replace(signature, features=tuple(features[name] for name in names)),
        parameters=_parameters(pipeline),
        cross_validation={},
        trials=(),
        rows=None,
        trained_until=None,
        seconds=0.0,
        warnings=warnings,
        origin=origin,
    )
    nothing = {name: pa.nulls(1, ARROW_TYPES[kind]) for name, kind in fitted.signature.kinds.items()}
    check_answers(f"{what} cannot answer the held-out rows", fitted, holdout)
    check_answers(f"{what} cannot answer a row with missing values", fitted, pa.table(nothing))
    return fitted


def check_task(what: str, spec: ModelSpec, pipeline: Any) -> None:
    """Refuse what has no method for the spec's task."""
    if spec.task is Task.REGRESSION:
        fits, wanted = is_regressor(pipeline), "a regressor"
    else:
        fits, wanted = hasattr(pipeline, "predict_proba"), "a classifier with predict_proba"
    if not fits:
        raise ExternalError(
            f"{what} is a {type(_last(pipeline)).__name__}, and the task {spec.task} needs {wanted}. "
            "Register one."
        )


def check_features(what: str, spec: ModelSpec, pipeline: Any) -> list[str]:
    """Return the features it was fitted with, in its order; refuse others than the spec's.

    Raises
    ------
    ExternalError
        When it knows no names, or others.
    """
    known = getattr(pipeline, "feature_names_in_", None)
    if known is None:
        raise ExternalError(
            f"{what} does not say which features it takes: it was fitted on an array without column names. "
            f"{LIKE_AIRLOCK} Its columns are {', '.join(spec.data.features)}."
        )
    theirs, ours = [str(name) for name in known], set(spec.data.features)
    unknown = [name for name in theirs if name not in ours]
    missing = [name for name in spec.data.features if name not in theirs]
    if unknown or missing:
        told = [f"it asks for {', '.join(unknown)}, which no feature of the spec is"] if unknown else []
        told += [f"it was fitted without {', '.join(missing)}"] if missing else []
        raise ExternalError(
            f"{what} takes other features than model.yaml lists: {'; '.join(told)}. Fit it on "
            f"{', '.join(spec.data.features)}, or change the columns of model.yaml."
        )
    return theirs


def check_classes(what: str, spec: ModelSpec, pipeline: Any, tables: tuple[pa.Table, ...]) -> tuple[str, ...]:
    """Return its classes as labels; refuse others than the target's.

    Raises
    ------
    ExternalError
        When a class of the target is none of its own, or a binary model has not two.
    """
    if spec.task is Task.REGRESSION:
        return ()
    classes = tuple(label_of(value) for value in np.asarray(pipeline.classes_).tolist())
    seen = {label for table in tables for label in truth_of(table, spec.data.target, spec.task).tolist()}
    wanted = seen if spec.data.positive is None else seen | {label_of(spec.data.positive)}
    if not wanted <= set(classes) or (spec.task is Task.BINARY and len(classes) != 2):
        raise ExternalError(
            f"{what} answers with {', '.join(classes)}, and {spec.data.target} has the values "
            f"{', '.join(sorted(wanted))}. Fit it on the target as it is in the data."
        )
    return classes


def check_answers(problem: str, fitted: Fitted, rows: pa.Table) -> None:
    """Refuse a candidate that fails on rows, or answers them with anything but finite numbers.

    Raises
    ------
    ExternalError
        Which begins with `problem`.
    """
    try:
        answers = fitted.answer(rows)
    except Exception as error:  # whatever a pipeline from elsewhere does wrong
        said = " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
        raise ExternalError(f"{problem}: {said}. {LIKE_AIRLOCK}") from error
    numbers = answers.scores if answers.probabilities is None else answers.probabilities
    shape = (len(rows),) if answers.probabilities is None else (len(rows), len(fitted.signature.classes))
    if numbers.shape != shape or not np.isfinite(numbers).all():
        raise ExternalError(f"{problem} with one finite number for each. {LIKE_AIRLOCK}")
    if answers.probabilities is not None and not (
        (numbers >= 0).all() and np.allclose(numbers.sum(axis=1), 1, atol=1e-6)
    ):
        raise ExternalError(f"{problem} with probabilities, which add up to 1. Register one that does.")


def _last(pipeline: Any) -> Any:
    return pipeline[-1] if isinstance(pipeline, Pipeline) else pipeline


def _path(pipeline: Any) -> str:
    kind = type(_last(pipeline))
    return f"{kind.__module__}.{kind.__qualname__}"


def _parameters(pipeline: Any) -> Mapping[str, Any]:
    """Return those of its estimator that are plain values."""
    given = _last(pipeline).get_params(deep=False)
    plain = (str, int, float, bool, type(None))
    return {name: value for name, value in given.items() if isinstance(value, plain)}
