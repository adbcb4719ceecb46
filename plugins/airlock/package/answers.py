"""Answers: what a fitted pipeline says about rows, in the same form for every task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from airlock.package.cores import one_core
from airlock.package.signature import Signature
from airlock.spec.metrics import Task

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
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


class Answering(Protocol):
    """What answers for a model: the portable form of its package, or the original."""

    @property
    def signature(self) -> Signature:
        """Which fields it takes and which answers it gives."""

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer rows that hold every feature; it may be asked from several threads at once."""

    def predict_columns(self, columns: Mapping[str, np.ndarray]) -> Answers:
        """Answer rows given as columns: float64 with NaN, or texts with `MISSING_CATEGORY`, where missing."""


def answers_of(pipeline: Any, rows: "pd.DataFrame", signature: Signature) -> Answers:
    """Ask a fitted pipeline about every row of a frame made by `airlock.package.frame`."""
    with one_core():
        regression = signature.task is Task.REGRESSION
        said = pipeline.predict(rows) if regression else pipeline.predict_proba(rows)
    return answers_from(np.asarray(said, dtype=np.float64), signature)


def each_answer(said: np.ndarray, signature: Signature) -> list[Answer]:
    """Return the answers in what a model said, one by one, as `answers_from` does; quick for few rows."""
    if signature.task is not Task.BINARY:
        answers = answers_from(said.astype(np.float64), signature)
        return list(map(Answer, answers.scores.tolist(), answers.predictions))
    yes = signature.classes.index(str(signature.positive))
    positive, negative, threshold = signature.classes[yes], signature.classes[1 - yes], signature.threshold
    return [Answer(score, positive if score >= threshold else negative) for score in said[:, yes].tolist()]


def answers_from(said: np.ndarray, signature: Signature) -> Answers:
    """Return the answers in what a model said.

    Parameters
    ----------
    said
        float64: one number a row for a regression, else probabilities, rows by classes in the order of the
        signature.
    signature
        Its task and classes; for a binary model also which of them is yes, and from which probability on.
    """
    if signature.task is Task.REGRESSION:
        numbers = said.reshape(-1)
        return Answers(numbers, [repr(number) for number in numbers.tolist()])
    if signature.task is Task.BINARY:
        yes = signature.classes.index(str(signature.positive))
        scores = said[:, yes]
        chosen = np.where(scores >= signature.threshold, yes, 1 - yes)
    else:
        chosen = said.argmax(axis=1)
        scores = said[np.arange(len(chosen)), chosen]
    return Answers(scores, np.array(signature.classes, dtype=object)[chosen].tolist(), said)
