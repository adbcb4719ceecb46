"""Answers: what a fitted pipeline says about rows, in the same form for every task."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from airlock.package.cores import one_core
from airlock.spec.metrics import Task


@dataclass(frozen=True)
class Answer:
    """The answer for one row: a score, and the prediction as text."""

    score: float
    prediction: str


@dataclass(frozen=True)
class Answers:
    """The answers for a table.

    Attributes
    ----------
    scores
        float64, one a row: the probability of the positive class (binary), that of the predicted class
        (multiclass), or the number itself (regression).
    predictions
        The predicted class, or the number, as text.
    probabilities
        float64, rows by classes in the order of the signature; None for a regression.
    """

    scores: np.ndarray
    predictions: list[str]
    probabilities: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.predictions)

    @classmethod
    def of_no_rows(cls, task: Task, classes: int) -> "Answers":
        """Return the answers for an empty table, which no pipeline would take."""
        return cls(np.empty(0), [], None if task is Task.REGRESSION else np.empty((0, classes)))

    def take(self, rows: np.ndarray) -> "Answers":
        """Return the answers of some of the rows, by their positions."""
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return Answers(self.scores[rows], [self.predictions[row] for row in rows], probabilities)


def answers_of(pipeline: Any, rows: pd.DataFrame, *, task: Task, positive: str | None) -> Answers:
    """Ask a fitted pipeline about every row of a frame made by `airlock.package.frame`."""
    with one_core():
        said = pipeline.predict(rows) if task is Task.REGRESSION else pipeline.predict_proba(rows)
    if task is Task.REGRESSION:
        numbers = np.asarray(said, dtype=np.float64).reshape(-1)
        return Answers(numbers, [repr(float(number)) for number in numbers])
    probabilities = np.asarray(said, dtype=np.float64)
    classes = [str(label) for label in pipeline.classes_]
    chosen = probabilities.argmax(axis=1)
    if task is Task.BINARY:
        scores = probabilities[:, classes.index(str(positive))]
    else:
        scores = probabilities[np.arange(len(chosen)), chosen]
    return Answers(scores, [classes[index] for index in chosen], probabilities)
