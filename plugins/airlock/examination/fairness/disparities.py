"""Disparities: how far the groups of an attribute lie apart, by fairlearn's names where it has one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from airlock.examination.fairness.figures import Figure, figures, ratio, resampled
from airlock.examination.fairness.tally import Attribute
from airlock.spec import Task
from airlock.spec.metrics import DISPARITIES

RESAMPLES = 1000
NONE = float("nan")

Apart = Callable[[np.ndarray, np.ndarray], np.ndarray]


def difference(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """How much the higher figure is above the lower."""
    return np.maximum(high - low, 0.0)


def share(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """What part of the higher figure the lower is."""
    return np.minimum(ratio(low, high), 1.0)


def multiple(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """How many times the lower figure the higher is."""
    return np.maximum(ratio(high, low), 1.0)


#: disparity -> how two groups are compared, and by which figures; of several the one that lies wider apart.
DEFINITIONS: Mapping[str, tuple[Apart, tuple[str, ...]]] = {
    "demographic_parity_difference": (difference, ("selection_rate",)),
    "demographic_parity_ratio": (share, ("selection_rate",)),
    "equalized_odds_difference": (difference, ("true_positive_rate", "false_positive_rate")),
    "equal_opportunity_difference": (difference, ("true_positive_rate",)),
    "accuracy_difference": (difference, ("accuracy",)),
    "calibration_difference": (difference, ("calibration_gap",)),
    "mae_ratio": (multiple, ("mae",)),
    "bias_difference": (difference, ("bias",)),
}


@dataclass(frozen=True)
class Disparity:
    """How far the groups that can be judged lie apart in one sense.

    Attributes
    ----------
    value
        NaN where fewer than two groups can be judged.
    low, high
        Where the same two groups lie with 95 % confidence; a difference does not fall below 0, nor does a
        ratio pass 1, where the order of the two is in doubt.
    figure
        Which figure it is of.
    between
        The group with the highest figure, and that with the lowest.
    figures
        Their figures.
    """

    value: float = NONE
    low: float = NONE
    high: float = NONE
    figure: str = ""
    between: tuple[str, ...] = field(default=())
    figures: tuple[float, ...] = field(default=())


def disparities(task: Task, attribute: Attribute, *, seed: int, spread: float = 1.0) -> dict[str, Disparity]:
    """Return every disparity of the task between the groups of an attribute, by its name.

    Each is between the highest and the lowest group, as fairlearn's `between_groups`. Beside fairlearn's:
    `accuracy_difference` and `calibration_difference` are differences of the figures `accuracy` and
    `calibration_gap`; `mae_ratio` is the largest mean absolute error by the smallest; `bias_difference` is
    a difference of mean errors, in standard deviations of the target.

    Parameters
    ----------
    task, attribute
        What kind of answers, and the groups with their tally.
    seed
        Of the resamples that make the intervals.
    spread
        Regression only: the standard deviation of the target.

    References
    ----------
    Agarwal, Beygelzimer, Dudik, Langford, Wallach: A Reductions Approach to Fair Classification, ICML 2018
    (demographic parity, equalized odds). Hardt, Price, Srebro: Equality of Opportunity, NeurIPS 2016.
    """
    found = figures(task, attribute.tally)
    drawn = figures(task, resampled(attribute.tally, np.random.default_rng(seed), RESAMPLES))
    return {
        name: _disparity(name, attribute.labels, found, drawn, spread if name == "bias_difference" else 1.0)
        for name in DISPARITIES[task]
    }


def _disparity(
    name: str,
    labels: tuple[str, ...],
    found: Mapping[str, Figure],
    drawn: Mapping[str, Figure],
    unit: float,
) -> Disparity:
    apart, names = DEFINITIONS[name]
    each = [_between(apart, figure, labels, found[figure], drawn[figure], unit) for figure in names]
    undefined = [one for one in each if not np.isfinite(one.value)]
    return undefined[0] if undefined else max(each, key=lambda one: one.value)


def _between(
    apart: Apart, name: str, labels: tuple[str, ...], found: Figure, drawn: Figure, unit: float
) -> Disparity:
    judged = np.flatnonzero(found.judged)
    values = found.value
    if len(judged) < 2 or not np.isfinite(values[judged]).all() or not unit > 0:
        return Disparity(figure=name)
    highest, lowest = judged[values[judged].argmax()], judged[values[judged].argmin()]
    value = float(apart(values[highest], values[lowest]) / unit)
    again = apart(drawn.value[:, highest], drawn.value[:, lowest]) / unit
    defined = again[np.isfinite(again)]
    low, high = np.quantile(defined, [0.025, 0.975]) if np.isfinite(value) and len(defined) else (NONE, NONE)
    between = (labels[highest], labels[lowest])
    return Disparity(
        value, float(low), float(high), name, between, (float(values[highest]), float(values[lowest]))
    )
