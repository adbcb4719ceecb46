"""Metrics: the figures a spec may set limits on; an undefined one is NaN, and fails its gate."""

from collections.abc import Sequence

import numpy as np
from sklearn import metrics as sk

from airlock.package.answers import Answers
from airlock.spec.decision import Costs
from airlock.spec.metrics import METRICS, Task

BINS = 10
#: What the decisions cost in the mean: the figure of a business, not of a model.
MEAN_COST = "mean_cost"


def compute(
    task: Task,
    truth: np.ndarray,
    answers: Answers,
    *,
    classes: Sequence[str] = (),
    positive: str | None = None,
    costs: Costs | None = None,
) -> dict[str, float]:
    """Return every metric of the task, by its name in `airlock.spec.metrics`.

    Parameters
    ----------
    task
        What kind of answers these are.
    truth
        What happened, one value a row: labels, or float64 numbers for a regression.
    answers
        What the model said of the same rows.
    classes
        The labels in the order of `answers.probabilities`' columns; not needed for a regression.
    positive
        The label that counts as yes; binary only.
    costs
        What answers cost, for the metric `mean_cost`; binary only.

    Returns
    -------
    dict
        NaN where a metric is not defined: no rows, a score that is NaN, a class that never occurs.

    Examples
    --------
    >>> answers = Answers(np.array([1.0, 2.0, 4.0]), ["1.0", "2.0", "4.0"])
    >>> compute(Task.REGRESSION, np.array([1.0, 2.0, 3.0]), answers)["mae"]
    0.3333333333333333
    """
    names = [*METRICS[task], *([MEAN_COST] if costs else [])]
    if len(truth) == 0 or len(truth) != len(answers) or not np.isfinite(answers.scores).all():
        return dict.fromkeys(names, float("nan"))
    if task is Task.REGRESSION:
        found = _regression(truth, answers.scores)
    elif task is Task.BINARY:
        found = _binary(truth, answers, str(positive), costs)
    else:
        found = _multiclass(truth, answers, list(classes))
    return {name: float(found[name]) for name in names}


def calibration_error(happened: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> float:
    """Return the expected calibration error over bins that hold equally many rows.

    The mean, weighted by rows, of |share that happened - mean probability| in each bin. Bins are cut at
    quantiles, because bins of equal width leave most nearly empty where probabilities are small; rows
    with the same probability share a bin, so that the order of rows does not matter.

    Parameters
    ----------
    happened
        bool, shape (rows,).
    probabilities
        float64 in [0, 1], shape (rows,).
    bins
        How many bins at most.

    References
    ----------
    Naeini, Cooper, Hauskrecht: Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015.
    Roelofs, Cain, Shlens, Mozer: Mitigating Bias in Calibration Error Estimation, AISTATS 2022 (equal mass).

    Examples
    --------
    >>> float(calibration_error(np.array([True, False, False, False]), np.full(4, 0.5)))
    0.25
    """
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, probabilities, side="left")
    gaps = np.bincount(place, weights=happened.astype(np.float64) - probabilities)
    return np.abs(gaps).sum() / len(probabilities)


def log_loss_of_each(happened: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the log loss of each row in nats; probabilities are kept off 0 and 1, as scikit-learn does.

    Parameters
    ----------
    happened
        bool, shape (rows,).
    probabilities
        float64 in [0, 1], shape (rows,).

    Examples
    --------
    >>> log_loss_of_each(np.array([True, False]), np.array([0.5, 0.0])).round(3).tolist()
    [0.693, 0.0]
    """
    eps = np.finfo(np.float64).eps
    return -np.log(np.clip(np.where(happened, probabilities, 1 - probabilities), eps, 1 - eps))


def cost_of_each(happened: np.ndarray, said: np.ndarray, costs: Costs) -> np.ndarray:
    """Return what each decision costs, in the unit of the costs.

    Parameters
    ----------
    happened, said
        bool, shape (rows,): whether the positive class happened, and whether the answer was yes.
    costs
        What right and wrong answers cost.

    Examples
    --------
    >>> costs = Costs(false_positive=1, false_negative=4, true_positive=-2)
    >>> cost_of_each(np.array([True, True, False]), np.array([True, False, True]), costs).tolist()
    [-2.0, 4.0, 1.0]
    """
    of_yes = np.where(happened, costs.true_positive, costs.false_positive)
    return np.where(said, of_yes, np.where(happened, costs.false_negative, costs.true_negative))


def _binary(truth: np.ndarray, answers: Answers, positive: str, costs: Costs | None) -> dict[str, float]:
    happened, said = truth == positive, np.array(answers.predictions, dtype=object) == positive
    scores = answers.scores
    both = 0 < happened.sum() < len(happened)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(
        happened, said, average="binary", zero_division=np.nan
    )
    return {
        "roc_auc": sk.roc_auc_score(happened, scores) if both else np.nan,
        "average_precision": sk.average_precision_score(happened, scores) if both else np.nan,
        "accuracy": np.mean(happened == said),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "brier": np.mean((scores - happened) ** 2),
        "log_loss": log_loss_of_each(happened, scores).mean(),
        "calibration_error": calibration_error(happened, scores),
        MEAN_COST: cost_of_each(happened, said, costs).mean() if costs else np.nan,
    }


def _multiclass(truth: np.ndarray, answers: Answers, classes: list[str]) -> dict[str, float]:
    """Return macro means over the classes; one class without a figure leaves the mean without one."""
    said = np.array(answers.predictions, dtype=object)
    probabilities = np.asarray(answers.probabilities)
    known = set(truth) <= set(classes)
    labels = sorted(set(truth) | set(classes))
    precision, recall, f1, _ = sk.precision_recall_fscore_support(
        truth.astype(str), said.astype(str), labels=labels, average=None, zero_division=np.nan
    )
    return {
        "roc_auc": _one_against_the_rest(truth, probabilities, classes) if known else np.nan,
        "accuracy": float(np.mean(truth == said)),
        "precision": precision.mean(),
        "recall": recall.mean(),
        "f1": f1.mean(),
        "log_loss": _log_loss(truth, probabilities, classes) if known else np.nan,
        "calibration_error": calibration_error(truth == said, answers.scores),
    }


def _one_against_the_rest(truth: np.ndarray, probabilities: np.ndarray, classes: list[str]) -> float:
    each = [
        sk.roc_auc_score(truth == label, probabilities[:, index])
        if 0 < np.sum(truth == label) < len(truth)
        else np.nan
        for index, label in enumerate(classes)
    ]
    return float(np.mean(each))


def _log_loss(truth: np.ndarray, probabilities: np.ndarray, classes: list[str]) -> float:
    index = {label: position for position, label in enumerate(classes)}
    of_truth = probabilities[np.arange(len(truth)), [index[label] for label in truth]]
    return -np.log(np.clip(of_truth, np.finfo(np.float64).eps, 1)).mean()


def _regression(truth: np.ndarray, numbers: np.ndarray) -> dict[str, float]:
    errors = numbers - truth
    spread = float(np.sum((truth - truth.mean()) ** 2))
    return {
        "r2": 1 - np.sum(errors**2) / spread if spread > 0 else np.nan,
        "rmse": np.sqrt(np.mean(errors**2)),
        "mae": np.mean(np.abs(errors)),
        "median_absolute_error": np.median(np.abs(errors)),
        "absolute_bias": abs(np.mean(errors)),
    }
