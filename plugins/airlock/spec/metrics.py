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

#: Metrics with a unit or without an upper end: a tolerance on them is a share of the champion's own figure.
RELATIVE = ("log_loss", "rmse", "mae", "median_absolute_error", "absolute_bias")

_CLASSIFIERS = {
    "flips_under_noise": LOWER,
    "flips_under_missing_values": LOWER,
    "flips_under_unseen_categories": LOWER,
    "flips_under_attack": LOWER,
}
_ALL = {
    "rule_violations": LOWER,
    "worst_slice_excess": LOWER,
    "proxy_auc": LOWER,
    "score_proxy_auc": LOWER,
    "membership_auc": LOWER,
    "latency_ms": LOWER,
    "latency_per_thousand_ms": LOWER,
}

#: Disparities between protected groups, the worst of all attributes; fairlearn's names where it has one.
DISPARITIES: dict[Task, dict[str, str]] = {
    Task.BINARY: {
        "demographic_parity_difference": LOWER,
        "demographic_parity_ratio": HIGHER,
        "equalized_odds_difference": LOWER,
        "equal_opportunity_difference": LOWER,
        "accuracy_difference": LOWER,
        "calibration_difference": LOWER,
    },
    Task.MULTICLASS: {"accuracy_difference": LOWER},
    Task.REGRESSION: {"mae_ratio": LOWER, "bias_difference": LOWER},
}

#: Disparities of answers alone, which are known before any outcome is.
OF_ANSWERS = ("demographic_parity_difference", "demographic_parity_ratio")

#: Whatever a limit of `gates.limits` or of a policy may speak of: metrics, disparities, and how it behaves.
MEASURES: dict[Task, dict[str, str]] = {
    Task.BINARY: METRICS[Task.BINARY] | {"mean_cost": LOWER} | DISPARITIES[Task.BINARY] | _CLASSIFIERS | _ALL,
    Task.MULTICLASS: METRICS[Task.MULTICLASS] | DISPARITIES[Task.MULTICLASS] | _CLASSIFIERS | _ALL,
    Task.REGRESSION: METRICS[Task.REGRESSION]
    | DISPARITIES[Task.REGRESSION]
    | {
        "shift_under_noise": LOWER,
        "shift_under_missing_values": LOWER,
        "shift_under_unseen_categories": LOWER,
    }
    | _ALL,
}
