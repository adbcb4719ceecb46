"""The subject of an examination: a candidate, unseen rows, what it says of them and what happened."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from airlock.package.answers import Answers
from airlock.package.labels import label_of, truth_of
from airlock.package.package import Package
from airlock.package.predictor import Predictor
from airlock.spec import ModelSpec, Task

SMALLEST = np.finfo(np.float64).eps


class Answered:
    """Answers beside what happened: what groups are compared by."""

    spec: ModelSpec
    truth: np.ndarray
    answers: Answers

    def __len__(self) -> int:
        return len(self.answers)

    @cached_property
    def happened(self) -> np.ndarray:
        """Binary only: whether the positive class happened, bool."""
        return self.truth == label_of(self.spec.data.positive)

    @cached_property
    def said_yes(self) -> np.ndarray:
        """Binary only: whether the answer was the positive class, bool."""
        return np.array(self.answers.predictions, dtype=object) == label_of(self.spec.data.positive)


@dataclass(frozen=True)
class Subject(Answered):
    """A candidate beside the hold-out.

    Attributes
    ----------
    rows
        The hold-out, with every column of the snapshot.
    truth
        What happened, one value a row: labels, or float64 numbers for a regression.
    answers
        What the candidate says of the same rows.
    """

    spec: ModelSpec
    predictor: Predictor
    rows: pa.Table
    truth: np.ndarray
    answers: Answers

    @classmethod
    def of(cls, spec: ModelSpec, package: Package, rows: pa.Table) -> "Subject":
        """Load a package and ask it about every row."""
        predictor = Predictor.load(package)
        truth = truth_of(rows, spec.data.target, spec.task)
        return cls(spec, predictor, rows, truth, predictor.predict_table(rows))

    @cached_property
    def losses(self) -> np.ndarray:
        """How wrong each answer was, float64: its log loss in nats, or its squared error for a regression."""
        if self.spec.task is Task.REGRESSION:
            return (self.answers.scores - self.truth) ** 2
        assert self.answers.probabilities is not None
        place = {label: index for index, label in enumerate(self.predictor.signature.classes)}
        columns = np.array([place.get(str(label), -1) for label in self.truth])
        of_truth = np.where(columns < 0, 0.0, self.answers.probabilities[np.arange(len(self)), columns])
        return -np.log(np.maximum(of_truth, SMALLEST))
