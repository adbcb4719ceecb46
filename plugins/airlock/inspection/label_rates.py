"""Label rates: whether what is recorded of a group differs from what is recorded of all others."""

import math
from dataclasses import dataclass

import numpy as np

from airlock.evaluation.figures import spell
from airlock.examination.fairness.groups import Grouping
from airlock.inspection.chance import RARE, difference, holm
from airlock.inspection.check import Check, CheckKind
from airlock.inspection.rows import Rows
from airlock.spec import Task

#: A smaller difference is not worth telling, however sure: of shares, and in standard deviations.
LEAST_SHARE, LEAST_DEVIATIONS = 0.05, 0.1


@dataclass(frozen=True)
class Gap:
    """How far one outcome of a group lies from that of the others."""

    grouping: Grouping
    group: str
    outcome: str
    size: float
    p_value: float


def label_rates(rows: Rows) -> list[Check]:
    """Compare each group's outcomes with all others', one check a group.

    What is compared is the share of the positive class; of each class, for many; or the mean of the target
    in its standard deviations, for a regression. A group fails where a difference is beyond the limit and
    chance does not explain it (Holm's correction over all groups and classes); one that is within the limit
    and no chance is notable where it is not tiny: a past injustice looks like this, and so does a real
    difference.
    """
    gaps = [gap for grouping in rows.groupings for gap in _gaps(rows, grouping)]
    adjusted = holm([gap.p_value for gap in gaps])
    by_group: dict[tuple[str, str], list[tuple[Gap, float]]] = {}
    for gap, p_value in zip(gaps, adjusted, strict=True):
        by_group.setdefault((gap.grouping.attribute, gap.group), []).append((gap, p_value))
    return [_check(rows, *max(found, key=_weight)) for found in by_group.values()]


def _gaps(rows: Rows, grouping: Grouping) -> list[Gap]:
    found = []
    for code, group in enumerate(grouping.groups):
        inside = grouping.codes == code
        if not inside.any():  # a band that nobody is in; representation says so
            continue
        for outcome, values in rows.outcomes.items():
            alone = inside.all()
            compared = (math.nan, 1.0) if alone else difference(values, inside, rows.subjects)
            found.append(Gap(grouping, group, outcome, *compared))
    return found


def _weight(found: tuple[Gap, float]) -> tuple[bool, float]:
    """Order the classes of one group: real differences first, the largest first."""
    gap, p_value = found
    return p_value < RARE, abs(gap.size) if math.isfinite(gap.size) else 0.0


def _check(rows: Rows, gap: Gap, p_value: float) -> Check:
    limit, attribute = rows.spec.data.inspection.label_rate_difference, gap.grouping.attribute
    real = p_value < RARE
    within = abs(gap.size) <= limit
    least = LEAST_DEVIATIONS if rows.spec.task is Task.REGRESSION else LEAST_SHARE
    return Check(
        CheckKind.LABEL_RATES,
        bool(math.isfinite(gap.size) and (within or not real)),
        abs(gap.size),
        limit,
        _sentence(rows, gap, real, limit),
        f"Find out how the outcomes of {attribute} {gap.group} came to be recorded, and correct them; or "
        "accept the difference if it is real.",
        column=attribute,
        group=gap.group,
        notable=real and abs(gap.size) >= least,
    )


def _sentence(rows: Rows, gap: Gap, real: bool, limit: float) -> str:
    attribute, target = gap.grouping.attribute, rows.spec.data.target
    if math.isnan(gap.size):
        return f"{attribute} is {gap.group} in every row, so its outcomes cannot be compared with others'."
    if not real:
        return f"{target} of {attribute} {gap.group} is as that of all others, as far as chance lets one see."
    values = rows.outcomes[gap.outcome]
    inside = gap.grouping.codes == gap.grouping.groups.index(gap.group)
    size = spell(abs(gap.size), limit)
    if rows.spec.task is Task.REGRESSION:
        side = "above" if gap.size > 0 else "below"
        found = (
            f"{target} of {attribute} {gap.group} lies {size} standard deviations {side} that of all others"
        )
    else:
        ours, theirs = (float(np.mean(values[where])) for where in (inside, ~inside))
        found = (
            f"{target} is {gap.outcome} for {ours:.1%} of {attribute} {gap.group}, for {theirs:.1%} of others"
        )
    return (
        f"{found}, a difference of {size} that is no chance; at most {spell(limit, gap.size)} is let through."
    )
