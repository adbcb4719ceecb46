"""Subjects for tests of fairness: answers that are made, not learned."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.examination.subject import Subject
from airlock.package.answers import Answers
from airlock.package.predictor import Predictor
from airlock.package.signature import Signature
from airlock.spec import ModelSpec, Task
from tests.airlock.loans import COLUMNS, loan_spec

PROTECTED = {"role": "protected", "classification": "sensitive"}
UNUSED = Predictor(Signature("loans", Task.BINARY, ()), None)
REGRESSION = {
    "task": "regression",
    "training": {"select_by": "r2"},
    "gates": {"limits": [], "champion": {"metric": "r2"}},
}


def spec_of(protected: Mapping[str, Any], **changes: Any) -> ModelSpec:
    """Return the spec of the loans with these protected columns; a text is the kind."""
    columns = {name: column for name, column in COLUMNS.items() if name != "sex"}
    columns |= changes.pop("columns", {})
    given = {
        name: PROTECTED | ({"kind": column} if isinstance(column, str) else column)
        for name, column in protected.items()
    }
    data = {"columns": columns | given} | changes.pop("data", {})
    return loan_spec(data=data, **changes)


def binary(
    protected: Mapping[str, Sequence[Any]],
    happened: np.ndarray,
    scores: np.ndarray,
    said: np.ndarray | None = None,
    *,
    spec: ModelSpec | None = None,
) -> Subject:
    """Return a subject that says yes from 0.5 on, or what it is told to say."""
    labels = np.array(["false", "true"])
    yes = scores >= 0.5 if said is None else said
    answers = Answers(scores, labels[yes.astype(int)].tolist(), np.column_stack([1 - scores, scores]))
    known = spec or spec_of(dict.fromkeys(protected, "category"))
    return Subject(known, UNUSED, pa.table(dict(protected)), labels[happened.astype(int)], answers)


def multiclass(protected: Mapping[str, Sequence[Any]], truth: np.ndarray, said: np.ndarray) -> Subject:
    """Return a subject that answers with labels."""
    target = {"defaulted": {"role": "target", "kind": "category", "classification": "business"}}
    known = spec_of(
        dict.fromkeys(protected, "category"),
        task="multiclass",
        gates={"limits": [], "champion": {"metric": "accuracy"}},
        data={"positive": None},
        columns=target,
    )
    answers = Answers(np.ones(len(said)), said.tolist())
    return Subject(known, UNUSED, pa.table(dict(protected)), truth, answers)


def regression(protected: Mapping[str, Sequence[Any]], truth: np.ndarray, said: np.ndarray) -> Subject:
    """Return a subject that answers with numbers."""
    data = {"positive": None}
    columns = dict.fromkeys(protected, "category")
    target = {"defaulted": {"role": "target", "kind": "number", "classification": "business"}}
    known = spec_of(columns, **REGRESSION, data=data, columns=target)
    answers = Answers(said, [repr(float(number)) for number in said])
    return Subject(known, UNUSED, pa.table(dict(protected)), truth, answers)
