"""Suspicions: groups that fare otherwise than all other rows by so much that it matters."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from airlock.examination.fairness.expected import expected
from airlock.examination.fairness.figures import Figure, figures
from airlock.examination.fairness.tally import Attribute, Tally
from airlock.spec import Task

#: So many of a hundred people fare otherwise: a difference that matters whatever the rates are.
MATERIAL = 0.05
#: Or the smaller rate is below four fifths of the larger: the EEOC's rule of 1978, 29 CFR 1607.4(D) ...
SHORT_OF_FOUR_FIFTHS = 0.2
#: ... which says little of very small rates.
LEAST = 0.01
#: Mean errors that lie so many standard deviations of the target apart: half of Cohen's small effect (1988).
MATERIAL_BIAS = 0.1

#: Where the positive answer is unfavourable: +1 where a group with a higher figure fares worse, -1 better.
BINARY = {"selection_rate": 1, "true_positive_rate": 1, "false_positive_rate": 1, "calibration_gap": -1}
REGRESSION = {"mae": 1, "bias": 1}


@dataclass(frozen=True)
class Terms:
    """What all tests of one subject share.

    Attributes
    ----------
    spread
        Regression only: the standard deviation of the target.
    positive_is_worse
        Binary only: whether the positive answer is the one people want to avoid.
    """

    task: Task
    spread: float = 1.0
    positive_is_worse: bool = True


@dataclass(frozen=True)
class Suspicion:
    """One group in one figure: its own, that of all other rows, and what an intersection's parts explain."""

    attribute: Attribute
    group: int
    figure: str
    value: float
    others: float
    explained: float | None
    p_value: float

    @property
    def what(self) -> tuple[str, str]:
        """The attribute and the figure it is about."""
        return self.attribute.name, self.figure

    def turned(self) -> "Suspicion":
        """Return the same of two groups, told of the other one."""
        return replace(self, group=1 - self.group, value=self.others, others=self.value)


def tests(terms: Terms, attribute: Attribute, tally: Tally | None = None) -> Iterator[Suspicion | None]:
    """Yield for every test of an attribute what it found, None where there is nothing that matters.

    Tested are the figures that are the model's doing, which the base rate is not. Of two groups, each of
    which is all the others of the other, only the one that fares worse is tested.

    Parameters
    ----------
    terms, attribute
        What is tested.
    tally
        Another tally of the same groups, some of which have been left out.
    """
    ours = tally or attribute.tally
    found, rest = figures(terms.task, ours), figures(terms.task, ours.others())
    for name, worse in _tested(terms, found).items():
        groups = np.flatnonzero(found[name].judged & rest[name].judged)
        if len(groups) == 2 and attribute.is_pair:
            badness = np.abs(found[name].value) if name == "bias" else worse * found[name].value
            groups = groups[[badness[groups].argmax()]]
        yield from _compare(terms, attribute, name, groups, found, rest)


def _tested(terms: Terms, found: dict[str, Figure]) -> dict[str, int]:
    if terms.task is Task.BINARY:
        return {name: worse if terms.positive_is_worse else -worse for name, worse in BINARY.items()}
    return REGRESSION if terms.task is Task.REGRESSION else dict.fromkeys(found, -1)


def _compare(
    terms: Terms,
    attribute: Attribute,
    name: str,
    groups: np.ndarray,
    found: dict[str, Figure],
    rest: dict[str, Figure],
) -> Iterator[Suspicion | None]:
    figure, others = found[name], rest[name]
    off = figure.value - others.value
    limit = _material(terms, name, found, rest)
    matters = np.abs(off) >= limit
    explained = None
    if attribute.is_intersection:
        explained = expected(attribute, figure.value, figure.trials)
        unexplained = figure.value - explained
        matters &= (np.abs(unexplained) >= limit) & (np.sign(unexplained) == np.sign(off))
    for group in groups.tolist():
        if not matters[group]:
            yield None
            continue
        by_parts = None if explained is None else float(explained[group])
        p_value = figure.p_against(group, others)
        if by_parts is not None:
            p_value = max(p_value, figure.p_expected(group, by_parts))
        value, other = float(figure.value[group]), float(others.value[group])
        yield Suspicion(attribute, group, name, value, other, by_parts, p_value)


def _material(
    terms: Terms, name: str, found: dict[str, Figure], rest: dict[str, Figure]
) -> np.ndarray | float:
    """Return how large a difference matters; a calibration gap is held against the base rates."""
    if name == "bias":
        return MATERIAL_BIAS * terms.spread
    level = "base_rate" if name == "calibration_gap" else name
    part = SHORT_OF_FOUR_FIFTHS * np.maximum(found[level].value, rest[level].value)
    return part if name == "mae" else np.minimum(MATERIAL, np.maximum(LEAST, part))
