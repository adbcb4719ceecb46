"""Measuring one model on the hold-out: what it says, every metric, and every metric on each resample."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from airlock.evaluation.bootstrap import Interval, intervals, resampled
from airlock.evaluation.curves import Curves, curves
from airlock.evaluation.metrics import compute
from airlock.evaluation.weighted import Figures
from airlock.package.answers import Answers
from airlock.package.labels import label_of, truth_of
from airlock.package.package import Package
from airlock.package.predictor import Predictor
from airlock.spec import ModelSpec
from airlock.spec.decision import Costs


@dataclass(frozen=True)
class Measured:
    """A model beside what happened.

    Attributes
    ----------
    truth
        What happened, one value a row: labels, or float64 numbers for a regression.
    answers
        What the model says of the same rows.
    """

    spec: ModelSpec
    classes: tuple[str, ...]
    truth: np.ndarray
    answers: Answers

    @classmethod
    def of(cls, spec: ModelSpec, package: Package, holdout: pa.Table) -> "Measured":
        """Load a package and ask it about every row."""
        answers = Predictor.load(package).predict_table(holdout)
        truth = truth_of(holdout, spec.data.target, spec.task)
        return cls(spec, package.signature.classes, truth, answers)

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Every metric of the task, and `mean_cost` where the spec states costs."""
        return compute(
            self.spec.task,
            self.truth,
            self.answers,
            classes=self.classes,
            positive=self._positive,
            costs=self._costs,
        )

    @cached_property
    def resampled(self) -> Figures:
        """The same on each resample of the rows; the spec's seed gives every model the same ones."""
        return resampled(
            self.spec.task,
            self.truth,
            self.answers,
            classes=self.classes,
            positive=self._positive,
            costs=self._costs,
            seed=self.spec.training.seed,
        )

    @property
    def intervals(self) -> dict[str, Interval]:
        """The 95 % interval of each metric."""
        return intervals(self.resampled)

    @property
    def curves(self) -> Curves:
        """What plots of the answers are drawn from."""
        return curves(self.spec.task, self.truth, self.answers, positive=self._positive, costs=self._costs)

    @property
    def _positive(self) -> str | None:
        return None if self.spec.data.positive is None else label_of(self.spec.data.positive)

    @property
    def _costs(self) -> Costs | None:
        return self.spec.decision.costs if self.spec.decision else None
