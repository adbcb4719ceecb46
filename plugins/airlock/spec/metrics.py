"""The names of the metrics a spec may speak of, and which way is better."""

from enum import StrEnum


class Task(StrEnum):
    """What kind of answer a model gives."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


HIGHER, LOWER = "higher", "lower"

#: metric -> which way is better, for each task; evaluation computes exactly these.
METRICS: dict[Task, dict[str, str]] = {
    Task.BINARY: {
        "roc_auc": HIGHER,
        "average_precision": HIGHER,
        "accuracy": HIGHER,
        "precision": HIGHER,
        "recall": HIGHER,
        "f1": HIGHER,
        "brier": LOWER,
        "log_loss": LOWER,
        "calibration_error": LOWER,
    },
    Task.MULTICLASS: {
        "roc_auc": HIGHER,
        "accuracy": HIGHER,
        "precision": HIGHER,
        "recall": HIGHER,
        "f1": HIGHER,
        "log_loss": LOWER,
        "calibration_error": LOWER,
    },
    Task.REGRESSION: {
        "r2": HIGHER,
        "rmse": LOWER,
        "mae": LOWER,
        "median_absolute_error": LOWER,
        "absolute_bias": LOWER,
    },
}
