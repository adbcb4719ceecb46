"""Every metric of a task for many resamples at once, from how often each row was drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from airlock.evaluation.metrics import MEAN_COST, cost_of_each, log_loss_of_each
from airlock.evaluation.weighted_ranking import Ranking, quantiles
from airlock.package.answers import Answers
from airlock.spec.decision import Costs
from airlock.spec.metrics import Task

Figures = dict[str, np.ndarray]


class Weighted(Protocol):
    """Rows prepared once: resamples, shape (resamples, rows), in; figures, shape (resamples,), out."""

    def figures(self, counts: np.ndarray) -> Figures:
        """Return every metric of each resample; NaN where it is not defined."""


def weighted(
    task: Task,
    truth: np.ndarray,
    answers: Answers,
    *,
    classes: Sequence[str] = (),
    positive: str | None = None,
    costs: Costs | None = None,
) -> Weighted:
    """Prepare rows; the parameters are those of `airlock.evaluation.metrics.compute`."""
    if task is Task.REGRESSION:
        return Numbers.of(truth, answers.scores)
    if task is Task.MULTICLASS:
        return Classes.of(truth, answers, classes)
    happened = truth == positive
    said = np.array(answers.predictions, dtype=object) == positive
    return YesOrNo.of(happened, said, answers.scores, costs)


@dataclass(frozen=True)
class YesOrNo:
    """Rows of a binary task; `each` holds in its columns what is summed over the rows."""

    ranking: Ranking
    each: np.ndarray
    costs: bool

    @classmethod
    def of(cls, happened: np.ndarray, said: np.ndarray, scores: np.ndarray, costs: Costs | None) -> "YesOrNo":
        """Prepare rows: bool, bool and float64, shape (rows,)."""
        columns = [
            happened,
            said,
            happened & said,
            happened == said,
            (scores - happened) ** 2,
            log_loss_of_each(happened, scores),
            cost_of_each(happened, said, costs) if costs else np.zeros(len(said)),
        ]
        return cls(Ranking.of(happened, scores), np.column_stack(columns).astype(np.float64), bool(costs))

    def figures(self, counts: np.ndarray) -> Figures:
        """Return every metric of each resample."""
        happened, said, both, equal, squares, losses, costs = (counts @ self.each).T
        rows, sums = counts.shape[1], self.ranking.sums(counts)
        return {
            "roc_auc": self.ranking.roc_auc(sums),
            "average_precision": self.ranking.average_precision(sums),
            "accuracy": equal / rows,
            "precision": _share(both, said),
            "recall": _share(both, happened),
            "f1": _share(2 * both, happened + said),
            "brier": squares / rows,
            "log_loss": losses / rows,
            "calibration_error": self.ranking.calibration_error(sums),
        } | ({MEAN_COST: costs / rows} if self.costs else {})


@dataclass(frozen=True)
class Classes:
    """Rows of a multiclass task.

    Attributes
    ----------
    confidence
        The rows by the probability of what was said; what happens is that it was right.
    rankings
        For each class that the model knows, the rows by its probability.
    happened, said, both
        float64, shape (rows, labels): one column for each class that happened or that the model knows.
    known
        bool, shape (labels,): whether the model knows it.
    losses
        float64, shape (rows,): the log loss; 0 where the model does not know the class.
    """

    confidence: Ranking
    rankings: tuple[Ranking, ...]
    happened: np.ndarray
    said: np.ndarray
    both: np.ndarray
    known: np.ndarray
    losses: np.ndarray

    @classmethod
    def of(cls, truth: np.ndarray, answers: Answers, classes: Sequence[str]) -> "Classes":
        """Prepare rows."""
        said = np.array(answers.predictions, dtype=object)
        probabilities = np.asarray(answers.probabilities)
        labels = sorted({str(label) for label in truth} | set(classes))
        of_truth, of_said = (np.column_stack([part == label for label in labels]) for part in (truth, said))
        column = {label: place for place, label in enumerate(classes)}
        places = np.array([column.get(str(label), -1) for label in truth])
        of_happened = np.where(places < 0, 1.0, probabilities[np.arange(len(truth)), places])
        return cls(
            confidence=Ranking.of(truth == said, answers.scores),
            rankings=tuple(
                Ranking.of(truth == label, probabilities[:, place]) for place, label in enumerate(classes)
            ),
            happened=of_truth.astype(np.float64),
            said=of_said.astype(np.float64),
            both=(of_truth & of_said).astype(np.float64),
            known=np.array([label in column for label in labels]),
            losses=-np.log(np.clip(of_happened, np.finfo(np.float64).eps, 1)),
        )

    def figures(self, counts: np.ndarray) -> Figures:
        """Return every metric of each resample; one class without a figure leaves the mean without one."""
        happened, said, both = (counts @ part for part in (self.happened, self.said, self.both))
        counted = self.known | (happened > 0)  # a class the model does not know counts where it happens
        foreign = (happened[:, ~self.known] > 0).any(axis=1)
        areas = [ranking.roc_auc(ranking.sums(counts)) for ranking in self.rankings]
        return {
            "roc_auc": np.where(foreign, np.nan, np.mean(areas, axis=0)),
            "accuracy": both.sum(axis=1) / counts.shape[1],
            "precision": _mean(_share(both, said), counted),
            "recall": _mean(_share(both, happened), counted),
            "f1": _mean(_share(2 * both, happened + said), counted),
            "log_loss": np.where(foreign, np.nan, counts @ self.losses / counts.shape[1]),
            "calibration_error": self.confidence.calibration_error(self.confidence.sums(counts)),
        }


@dataclass(frozen=True)
class Numbers:
    """Rows of a regression; `order` sorts them by how large the error is."""

    truth: np.ndarray
    errors: np.ndarray
    order: np.ndarray

    @classmethod
    def of(cls, truth: np.ndarray, numbers: np.ndarray) -> "Numbers":
        """Prepare rows."""
        errors = numbers - truth
        return cls(truth, errors, np.argsort(np.abs(errors), kind="stable"))

    def figures(self, counts: np.ndarray) -> Figures:
        """Return every metric of each resample."""
        rows, sizes = counts.shape[1], np.abs(self.errors)
        each = np.column_stack([self.truth, self.errors, sizes, self.errors**2])
        truth, errors, absolute, squares = (counts @ each).T / rows
        spread = (counts * (self.truth - truth[:, None]) ** 2).sum(axis=1) / rows
        drawn = counts[:, self.order].cumsum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            r2 = np.where(spread > 0, 1 - squares / spread, np.nan)
        return {
            "r2": r2,
            "rmse": np.sqrt(squares),
            "mae": absolute,
            "median_absolute_error": quantiles(sizes[self.order], drawn, np.array([0.5]))[:, 0],
            "absolute_bias": np.abs(errors),
        }


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return part / whole


def _mean(each: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Return the mean of the labels that count in each resample."""
    return np.where(counted, each, 0.0).sum(axis=1) / counted.sum(axis=1)
