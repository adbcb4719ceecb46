"""Curves: what a plot of a candidate's answers is drawn from, in few points."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn import metrics as sk

from airlock.package.answers import Answers
from airlock.spec.decision import Costs
from airlock.spec.metrics import Task

Points = list[list[float]]
Curves = dict[str, list[list[float]] | list[list[int]] | list[str]]

MOST_POINTS = 200
MOST_RESIDUALS = 500
BINS = 20
THRESHOLDS = 101
#: More classes than these share one row and one column of the confusion.
MOST_LABELS = 40
OTHERS = "(all others)"


def curves(
    task: Task,
    truth: np.ndarray,
    answers: Answers,
    *,
    positive: str | None = None,
    costs: Costs | None = None,
) -> Curves:
    """Return the curves of a task; none where a score is not finite, or there are no rows.

    Parameters
    ----------
    task, truth, answers, positive, costs
        As for `airlock.evaluation.metrics.compute`.

    Returns
    -------
    dict
        Binary: `roc` [[false positive rate, true positive rate]], `pr` [[recall, precision]],
        `calibration` [[mean score, share that happened, rows]] and, where there are costs, `cost`
        [[threshold, mean cost]]. Multiclass: `confusion`, rows by truth and columns by answer, its `labels`,
        and `calibration` of the probability of what was said. Regression: `residuals` [[predicted, truth]]
        and `calibration` [[mean predicted, mean truth, rows]].
    """
    if len(truth) == 0 or not np.isfinite(answers.scores).all():
        return {}
    if task is Task.REGRESSION:
        return {
            "residuals": residuals(truth, answers.scores),
            "calibration": calibration(truth, answers.scores),
        }
    said = np.array(answers.predictions, dtype=object)
    if task is Task.MULTICLASS:
        labels, counted = confusion(truth.tolist(), said.tolist())
        return {
            "labels": labels,
            "confusion": counted,
            "calibration": calibration((truth == said).astype(np.float64), answers.scores),
        }
    happened = truth == positive
    found: Curves = {"calibration": calibration(happened.astype(np.float64), answers.scores)}
    if 0 < happened.sum() < len(happened):
        found |= {"roc": roc(happened, answers.scores), "pr": precision_recall(happened, answers.scores)}
    return found | ({"cost": cost(happened, answers.scores, costs)} if costs else {})


def roc(happened: np.ndarray, scores: np.ndarray) -> Points:
    """Return points of the ROC curve, from (0, 0) to (1, 1)."""
    false, true, _ = sk.roc_curve(happened, scores)
    return _some(np.column_stack([false, true]))


def precision_recall(happened: np.ndarray, scores: np.ndarray) -> Points:
    """Return points of recall and precision, by ascending recall.

    >>> precision_recall(np.array([True, False]), np.array([0.9, 0.1]))
    [[0.0, 1.0], [1.0, 1.0], [1.0, 0.5]]
    """
    precision, recall, _ = sk.precision_recall_curve(happened, scores)
    return _some(np.column_stack([recall, precision])[::-1])


def calibration(outcome: np.ndarray, predicted: np.ndarray, bins: int = BINS) -> Points:
    """Return mean prediction, mean outcome and rows of bins that hold about equally many rows.

    Rows with the same prediction share a bin, so that the order of rows does not matter.

    >>> calibration(np.array([0.0, 1.0, 1.0, 1.0]), np.array([0.2, 0.2, 0.6, 1.0]), bins=2)
    [[0.2, 0.5, 2], [0.8, 1.0, 2]]
    """
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, predicted, side="left")
    rows = np.bincount(place)
    sums = (np.bincount(place, weights=part) for part in (predicted, outcome))
    mean, seen = (part[rows > 0] / rows[rows > 0] for part in sums)
    return [list(point) for point in zip(mean.tolist(), seen.tolist(), rows[rows > 0].tolist(), strict=True)]


def cost(happened: np.ndarray, scores: np.ndarray, costs: Costs) -> Points:
    """Return the mean cost of the decisions at thresholds from 0 to 1.

    >>> costs = Costs(false_positive=1, false_negative=3)
    >>> points = cost(np.array([True, False]), np.array([0.6, 0.4]), costs)
    >>> points[0], points[50], points[100]
    ([0.0, 0.5], [0.5, 0.0], [1.0, 1.5])
    """
    thresholds = np.linspace(0, 1, THRESHOLDS)
    positives, negatives = np.sort(scores[happened]), np.sort(scores[~happened])
    missed = np.searchsorted(positives, thresholds, side="left")
    spared = np.searchsorted(negatives, thresholds, side="left")
    total = (
        missed * costs.false_negative
        + (len(positives) - missed) * costs.true_positive
        + spared * costs.true_negative
        + (len(negatives) - spared) * costs.false_positive
    )
    return np.column_stack([thresholds, total / len(scores)]).tolist()


def residuals(truth: np.ndarray, predicted: np.ndarray) -> Points:
    """Return predicted and true values of at most 500 rows, evenly spread from low to high predictions."""
    order = np.lexsort((truth, predicted))
    return _some(np.column_stack([predicted, truth])[order], MOST_RESIDUALS)


def confusion(truth: Sequence[str], said: Sequence[str]) -> tuple[list[str], list[list[int]]]:
    """Count what was said by what happened; beyond 40 labels the rarest are counted as one.

    >>> confusion(["a", "a", "b"], ["a", "b", "b"])
    (['a', 'b'], [[1, 1], [0, 1]])
    """
    common = Counter(truth)
    every = sorted({*truth, *said}, key=lambda label: (-common[label], label))
    labels = sorted(every) if len(every) <= MOST_LABELS else [*sorted(every[: MOST_LABELS - 1]), OTHERS]
    place = {label: index for index, label in enumerate(labels)}
    counted = Counter(
        (place.get(happened, len(labels) - 1), place.get(answer, len(labels) - 1))
        for happened, answer in zip(truth, said, strict=True)
    )
    return labels, [[counted[row, column] for column in range(len(labels))] for row in range(len(labels))]


def _some(points: np.ndarray, most: int = MOST_POINTS) -> Points:
    """Return at most so many of the points, evenly spread, the first and the last among them."""
    taken = np.unique(np.linspace(0, len(points) - 1, min(most, len(points))).round().astype(np.int64))
    return points[taken].tolist()
