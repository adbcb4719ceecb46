"""Representation: whether the groups of people are in the rows as they are in the population."""

import math

import numpy as np

from airlock.evaluation.figures import spell
from airlock.examination.fairness.groups import NOT_STATED, Grouping
from airlock.inspection.chance import share_interval
from airlock.inspection.check import Check, CheckKind
from airlock.inspection.rows import Rows


def representation(rows: Rows) -> list[Check]:
    """Hold each group's share against the population that the spec states, one check a group.

    A group is under-represented where its share of the rows (of those that state it) is less than the
    spec's part of its share of the population, and chance does not explain it. A group that the population
    does not name fails, since nobody can say whether it is represented.
    """
    population = rows.spec.data.inspection.population
    checks = []
    for grouping in rows.groupings:
        if shares := population.get(grouping.attribute):
            stated = [group for group in grouping.groups if group != NOT_STATED]
            checks += [
                _check(rows, grouping, group, shares.get(group, math.nan))
                for group in [*shares, *(group for group in stated if group not in shares)]
            ]
    return checks


def _check(rows: Rows, grouping: Grouping, group: str, expected: float) -> Check:
    limit, attribute = rows.spec.data.inspection.representation, grouping.attribute
    share, independent = _share(rows, grouping, group)
    low, high = share_interval(share, max(independent, 1))
    ratio = share / expected if expected > 0 else math.nan
    if math.isnan(expected):
        passed, found = False, "the population in the spec does not name that group"
    elif expected == 0:
        passed, found = True, "the population has none of them"
    elif low <= expected <= high:
        passed, found = True, f"which is what chance makes of the population's {expected:.1%}"
    else:
        passed = ratio >= limit or expected < low
        side = "under" if share < expected else "over"
        found = f"{side}-represented beside the population's {expected:.1%}: {spell(ratio, limit)} of it"
    return Check(
        CheckKind.REPRESENTATION,
        passed,
        ratio,
        limit,
        f"{share:.1%} of the rows that state {attribute} are of the group {group}, {found}.",
        f"Collect more rows of {group}, or correct data.inspection.population.{attribute}.",
        column=attribute,
        group=group,
    )


def _share(rows: Rows, grouping: Grouping, group: str) -> tuple[float, int]:
    """Return a group's share of the rows that state one, and how many independent draws say so."""
    stated: np.ndarray = np.ones(len(rows), dtype=bool)
    if NOT_STATED in grouping.groups:
        stated = grouping.codes != grouping.groups.index(NOT_STATED)
    total = int(stated.sum())
    if total == 0:
        return 0.0, 0
    inside = grouping.codes == grouping.groups.index(group) if group in grouping.groups else ~stated & stated
    # A person's rows are all of one group, so it is the people that are drawn.
    people = total if rows.subjects is None else len(np.unique(rows.subjects[stated]))
    return int(inside.sum()) / total, people
