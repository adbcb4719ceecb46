"""The background of a profile: what tells a season, another mix of outcomes and a changed law apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.monitoring.classes import classes, reliability
from airlock.monitoring.seasons import seasons
from airlock.package.answers import Answers
from airlock.package.labels import label_of, truth_of
from airlock.spec import ModelSpec, Task


def background(
    spec: ModelSpec,
    profile: Mapping[str, Any],
    train: pa.Table,
    holdout: pa.Table,
    answers: Answers,
) -> dict[str, Any]:
    """Describe what triage needs to know of the training data, in the bins of the reference.

    Parameters
    ----------
    profile
        What `airlock.monitoring.profile` says of the reference, which is the hold-out.
    train, holdout
        The rows that were trained on and those held out, with the outcomes.
    answers
        What the model answers for the hold-out.

    Returns
    -------
    dict
        `seasons`, where rows have a time; for a classifier also `classes`, `reliability` and the `positive`
        class as text (None for more than two). Packages made before this part have none of them.
    """
    described: dict[str, Any] = {}
    if spec.data.event_time is not None:
        columns = [*profile["features"], spec.data.event_time]
        rows = pa.concat_tables([table.select(columns) for table in (train, holdout)])
        rows = rows.filter(pc.is_valid(rows[spec.data.event_time]))
        described["seasons"] = seasons(rows, profile["features"], rows[spec.data.event_time])
    if spec.task is not Task.REGRESSION:
        truth = truth_of(holdout, spec.data.target, spec.task)
        described["positive"] = None if spec.data.positive is None else label_of(spec.data.positive)
        described["classes"] = classes(holdout, profile, answers, truth)
        described["reliability"] = reliability(
            profile["score"], answers.scores, hits(described["positive"], answers.predictions, truth)
        )
    return described


def hits(positive: str | None, predictions: list[str], truth: np.ndarray) -> np.ndarray:
    """Return which scores came true: the positive class did, or what was predicted where there is none.

    >>> hits("yes", ["no", "no"], np.array(["yes", "no"])).tolist()
    [True, False]
    >>> hits(None, ["red", "blue"], np.array(["red", "red"])).tolist()
    [True, False]
    """
    return truth == (np.array(predictions) if positive is None else positive)
