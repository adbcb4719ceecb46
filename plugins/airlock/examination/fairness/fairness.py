"""Fairness: a candidate's figures by protected group and intersection, and how far the groups lie apart."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from airlock.evaluation.figures import spell, to_json
from airlock.examination.fairness.disparities import Disparity, disparities
from airlock.examination.fairness.figures import MINIMUM_ROWS, MINIMUM_TRIALS, POSITIVE, figures, words_of
from airlock.examination.fairness.groups import groupings
from airlock.examination.fairness.suspicions import Terms
from airlock.examination.fairness.tally import Attribute, attributes
from airlock.examination.fairness.unfair import unfair
from airlock.examination.subject import Subject
from airlock.findings import Finding
from airlock.spec import Task
from airlock.spec.metrics import DISPARITIES, HIGHER


@dataclass(frozen=True)
class Group:
    """One group of an attribute.

    Attributes
    ----------
    positives
        Binary only: the rows for which the positive class happened.
    small
        Whether it has too few rows to be judged.
    not_judged
        Figures that are shares of too few rows.
    """

    group: str
    rows: int
    positives: int | None
    small: bool
    not_judged: tuple[str, ...]
    figures: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class AttributeFairness:
    """One protected column, or several crossed."""

    attribute: str
    intersection: bool
    groups: tuple[Group, ...]
    disparities: Mapping[str, Disparity]


@dataclass(frozen=True)
class Fairness:
    """What a candidate does to the protected groups.

    Attributes
    ----------
    measures
        The worst disparities of the single attributes; NaN where one attribute has none, because nobody
        knows then that it is not the worst, and where nothing is protected.
    by_attribute
        The disparities of each single attribute.
    details
        For each measure half a sentence on where it comes from.
    left_out
        Intersections that are too fine to look at.
    """

    measures: Mapping[str, float]
    by_attribute: Mapping[str, Mapping[str, float]]
    details: Mapping[str, str]
    attributes: tuple[AttributeFairness, ...]
    minimum_rows: int
    left_out: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON; a figure that is NaN becomes null."""
        return to_json(asdict(self))


def measure(subject: Subject) -> Fairness:
    """Measure what the subject does to each protected group and to their intersections."""
    task, spec = subject.spec.task, subject.spec
    found, left_out = attributes(subject, groupings(spec, subject.rows))
    spread = float(np.std(subject.truth)) if task is Task.REGRESSION and len(subject) else 1.0
    measured = tuple(_measured(task, one, seed=spec.training.seed, spread=spread) for one in found)
    singles = [one for one in measured if not one.intersection]
    worst = {name: _worst(task, name, singles) for name in DISPARITIES[task]}
    unfavourable_yes = spec.decision is None or spec.decision.unfavourable == "positive"
    return Fairness(
        measures={name: one.disparities[name].value if one else np.nan for name, one in worst.items()},
        by_attribute={
            one.attribute: {name: disparity.value for name, disparity in one.disparities.items()}
            for one in singles
        },
        details={name: _detail(name, one) for name, one in worst.items()},
        attributes=measured,
        minimum_rows=MINIMUM_ROWS,
        left_out=tuple(left_out),
        findings=unfair(Terms(task, spread, unfavourable_yes), found),
    )


def _measured(task: Task, attribute: Attribute, *, seed: int, spread: float) -> AttributeFairness:
    return AttributeFairness(
        attribute.name,
        attribute.is_intersection,
        _groups(task, attribute),
        disparities(task, attribute, seed=seed, spread=spread),
    )


def _groups(task: Task, attribute: Attribute) -> tuple[Group, ...]:
    rows = attribute.tally.rows.tolist()
    positives = attribute.tally.count(POSITIVE).tolist() if task is Task.BINARY else [None] * len(rows)
    found = {
        name: (figure.judged.tolist(), figure.value.tolist(), [end.tolist() for end in figure.interval])
        for name, figure in figures(task, attribute.tally).items()
    }
    return tuple(
        Group(
            group=label,
            rows=rows[at],
            positives=positives[at],
            small=rows[at] < MINIMUM_ROWS,
            not_judged=tuple(name for name, (judged, _, _) in found.items() if not judged[at]),
            figures={name: value[at] for name, (_, value, _) in found.items()},
            intervals={name: (low[at], high[at]) for name, (_, _, (low, high)) in found.items()},
        )
        for at, label in enumerate(attribute.labels)
    )


def _worst(task: Task, name: str, singles: Sequence[AttributeFairness]) -> AttributeFairness | None:
    """Return the attribute whose groups lie widest apart; one without a figure is the worst."""
    undefined = [one for one in singles if not np.isfinite(one.disparities[name].value)]
    sign = -1 if DISPARITIES[task][name] == HIGHER else 1
    most = max(singles, key=lambda one: sign * one.disparities[name].value, default=None)
    return undefined[0] if undefined else most


def _detail(name: str, attribute: AttributeFairness | None) -> str:
    if attribute is None:
        return "no column has the role protected"
    disparity = attribute.disparities[name]
    figure = words_of(disparity.figure)
    if not disparity.between:
        return (
            f"{attribute.attribute} has no two groups whose {figure} can be judged: {MINIMUM_ROWS} rows are "
            f"needed, and {MINIMUM_TRIALS} of those that it is a share of"
        )
    high, low = disparity.figures
    first, last = disparity.between
    widest = f"{figure} {spell(high, low)} for {first}, {spell(low, high)} for {last}"
    return f"widest for {attribute.attribute}: {widest}"
