"""Disparities: how far the groups of an attribute lie apart, by fairlearn's names where it has one."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from airlock.examination.fairness.figures import Figure, figures, ratio, resampled
from airlock.examination.fairness.tally import Attribute
from airlock.spec import Task
from airlock.spec.metrics import DISPARITIES

#: So many resamples at least, and so many more that a rare interval has this many beyond its ends.
RESAMPLES, BEYOND = 1000, 25
#: How often an interval misses, on both sides together.
CHANCE = 0.05
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
        Where the same two groups lie, with 95 % confidence unless more was asked for; a difference does not
        fall below 0, nor does a ratio pass 1, where the order of the two is in doubt.
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
    between: tuple[str, ...] = ()
    figures: tuple[float, ...] = ()


def disparities(
    task: Task,
    attribute: Attribute,
    *,
    seed: int,
    spread: float = 1.0,
    names: Collection[str] = (),
    chance: float = CHANCE,
) -> dict[str, Disparity]:
    """Return disparities between the groups of an attribute, by their names; without `names` every one.

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
    names
        Some disparities of the task.
    chance
        How often the interval misses, on both sides together.

    References
    ----------
    Agarwal, Beygelzimer, Dudik, Langford, Wallach: A Reductions Approach to Fair Classification, ICML 2018
    (demographic parity, equalized odds). Hardt, Price, Srebro: Equality of Opportunity, NeurIPS 2016.
    """
    found = figures(task, attribute.tally)
    return {
        name: _disparity(
            [_between(task, attribute, found[figure], figure, apart, seed, chance) for figure in of],
            unit=spread if name == "bias_difference" else 1.0,
        )
        for name, (apart, of) in ((name, DEFINITIONS[name]) for name in names or DISPARITIES[task])
    }


def _disparity(each: Sequence[Disparity], unit: float) -> Disparity:
    """Return the widest, in units; one that is not defined is the widest."""
    undefined = [one for one in each if not np.isfinite(one.value)]
    widest = undefined[0] if undefined else max(each, key=lambda one: one.value)
    if not unit > 0:
        return Disparity(figure=widest.figure)
    return replace(widest, value=widest.value / unit, low=widest.low / unit, high=widest.high / unit)


def _between(
    task: Task, attribute: Attribute, found: Figure, name: str, apart: Apart, seed: int, chance: float
) -> Disparity:
    judged, values = np.flatnonzero(found.judged), found.value
    if len(judged) < 2 or not np.isfinite(values[judged]).all():
        return Disparity(figure=name)
    pair = [int(judged[values[judged].argmax()]), int(judged[values[judged].argmin()])]
    highest, lowest = values[pair]
    times = max(RESAMPLES, math.ceil(2 * BEYOND / chance))
    tally = resampled(attribute.tally.pick(pair), np.random.default_rng(seed), times)
    again = apart(*figures(task, tally)[name].value.T)
    value, defined = float(apart(highest, lowest)), again[np.isfinite(again)]
    low, high = np.quantile(defined, [chance / 2, 1 - chance / 2]) if np.isfinite(value) else (NONE, NONE)
    return Disparity(
        value=value,
        low=float(low),
        high=float(high),
        figure=name,
        between=tuple(attribute.labels[group] for group in pair),
        figures=(float(highest), float(lowest)),
    )
