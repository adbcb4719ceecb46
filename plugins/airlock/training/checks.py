"""What must hold of training rows and of a fitted candidate before it is worth keeping."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from airlock.package.fitted import Fitted
from airlock.package.frame import ARROW_TYPES
from airlock.package.labels import label_of
from airlock.spec import ModelSpec, Task
from airlock.training.estimator import spec_error


def check_classes(spec: ModelSpec, truth: np.ndarray, models: Path) -> None:
    """Refuse training rows whose target does not have the values the task needs.

    Raises
    ------
    SpecError
        When a binary target has not two values, `data.positive` is none of them, or there is but one class.
    """
    if spec.task is Task.REGRESSION:
        return
    labels = sorted(set(truth.tolist()))
    shown = ", ".join(repr(label) for label in labels[:10])
    if spec.task is Task.BINARY and label_of(spec.data.positive) not in labels:
        wrong = f"{label_of(spec.data.positive)!r} is no value of {spec.data.target} in the training rows."
        raise spec_error(spec, models, "data.positive", wrong, f"Its values are {shown}; write one of them.")
    if len(labels) < 2 or (spec.task is Task.BINARY and len(labels) > 2):
        wrong = f"{spec.data.target} has {len(labels)} values in the training rows ({shown})."
        cure = "A binary task needs two; write task: multiclass for more, or use more data for fewer."
        raise spec_error(spec, models, "task", wrong, cure)


def check_missing_values(spec: ModelSpec, fitted: Fitted, models: Path) -> None:
    """Refuse a candidate that cannot answer a row whose every field is null: production sends such rows.

    Raises
    ------
    SpecError
        When it fails on such a row, or answers it with no number.
    """
    nothing = pa.table(
        {name: pa.nulls(1, ARROW_TYPES[kind]) for name, kind in fitted.signature.kinds.items()}
    )
    try:
        answered = bool(np.isfinite(fitted.answer(nothing).scores).all())
    except (TypeError, ValueError):
        answered = False
    if not answered:
        wrong = f"{fitted.estimator} cannot answer a row with missing values, and production sends such rows."
        key = f"training.candidates.{fitted.name}.preprocessing"
        raise spec_error(spec, models, key, wrong, "Write one_hot, which fills them in.")
