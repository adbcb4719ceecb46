"""Leakage: a feature that gives the target away, and will not be known when an answer is needed.

A feature is named where one of three things holds, on a sample of the rows:

1. *Arithmetic*: the target is a weighted sum of it and others (`arithmetic`).
2. *Perfect*: it alone tells the target all but perfectly.
3. *Another source*: it alone tells at least as much as all others together, and with it the errors that they
   leave are at most half as many. A strong cause fails the second part: what it tells, others tell as well.
   A feature that follows from the calendar is exempt (`calendar`): it is known beforehand.

A feature that is found is taken away and the search goes on. Near copies of a feature do not stand beside it
as others. What nobody can see in the rows is a leak that is weak, or two strong ones that tell the same
without being copies: who knows how a column is filled must look for those.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from airlock.evaluation.figures import spell
from airlock.inspection.arithmetic import parts_of_the_target
from airlock.inspection.calendar import of_the_calendar
from airlock.inspection.check import Check, CheckKind
from airlock.inspection.rows import Rows
from airlock.inspection.sample import Sample

#: From here on a feature alone is too good to be true.
PERFECT = 0.99
#: With the feature at most this part of the errors is left.
LEFT = 0.5
#: Fewer others than these can easily be beaten together by one honest cause.
FEWEST_OTHERS = 5
#: From this rank correlation on, one feature is a near copy of another.
COPY = 0.99

MEND = (
    "Give it role: ignored if it is not known when an answer is needed; or accept it if it is, and say how "
    "that is known."
)


@dataclass(frozen=True)
class Leak:
    """Why a feature is named; `others`, what all others tell together, is NaN where it had no part in it."""

    feature: str
    reason: str
    others: float = math.nan


def leakage(rows: Rows) -> list[Check]:
    """Look at each feature for a leak of the target, one check a feature."""
    sample = Sample.of(rows)
    if not sample.learnable:
        return [_unknown(rows, name) for name in rows.spec.data.features]
    alone = {name: sample.tells([name]) for name in sample.names}
    leaks = {leak.feature: leak for leak in _leaks(sample, alone)}
    return [_check(sample, name, alone[name], leaks.get(name)) for name in sample.names]


def _leaks(sample: Sample, alone: dict[str, float]) -> list[Leak]:
    target = sample.spec.data.target
    sums = parts_of_the_target(sample)
    leaks = [Leak(name, _arithmetic(target, sums)) for name in sums]
    leaks += [
        Leak(name, f"{name} alone tells {target} all but perfectly.")
        for name in sample.names
        if name not in sums and alone[name] >= PERFECT
    ]
    rest = [name for name in sample.names if name not in {leak.feature for leak in leaks}]
    exempt, copies = of_the_calendar(sample), _copies(sample)
    while found := _another_source(sample, rest, alone, exempt, copies):
        leaks.append(found)
        rest.remove(found.feature)
    return leaks


def _another_source(
    sample: Sample,
    rest: Sequence[str],
    alone: dict[str, float],
    exempt: frozenset[str],
    copies: dict[str, frozenset[str]],
) -> Leak | None:
    """Return the strongest feature that tells what no other does, or None."""
    for name in sorted(rest, key=lambda one: -alone[one]):
        others = [other for other in rest if other != name and other not in copies[name]]
        # Where one other tells more, so do all of them together.
        if name in exempt or len(others) < FEWEST_OTHERS or alone[name] < max(alone[one] for one in others):
            continue
        by_others = sample.tells(others)
        together = sample.tells([*others, name])
        if alone[name] >= by_others and 1 - together <= LEFT * (1 - by_others):
            return Leak(
                name,
                f"{name} alone tells {sample.spec.data.target} as well as all {len(others)} others together, "
                f"with {sample.measure} of {spell(alone[name], by_others)} beside their {spell(by_others)}, "
                f"and with it they reach {spell(together)}: it may be known only afterwards.",
                by_others,
            )
    return None


def _copies(sample: Sample) -> dict[str, frozenset[str]]:
    """Return each feature's near copies, by rank correlation."""
    ranks = rankdata(np.nan_to_num(sample.values, nan=-np.inf), axis=0)
    spread = ranks.std(axis=0)
    standard = (ranks - ranks.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    alike = np.abs(standard.T @ standard) / len(ranks) >= COPY
    return {
        name: frozenset(
            other for other, same in zip(sample.names, row, strict=True) if same and other != name
        )
        for name, row in zip(sample.names, alike, strict=True)
    }


def _check(sample: Sample, name: str, alone: float, leak: Leak | None) -> Check:
    calm = f"{name} alone tells {sample.spec.data.target} with {sample.measure} of {spell(alone)}: no leak."
    limit = leak.others if leak and math.isfinite(leak.others) else PERFECT
    return Check(
        CheckKind.LEAKAGE, leak is None, alone, limit, leak.reason if leak else calm, MEND, column=name
    )


def _unknown(rows: Rows, name: str) -> Check:
    sentence = (
        f"Whether {name} gives {rows.spec.data.target} away cannot be seen: too few rows, or one class."
    )
    return Check(CheckKind.LEAKAGE, False, math.nan, PERFECT, sentence, "Collect more rows.", column=name)


def _arithmetic(target: str, parts: Sequence[str]) -> str:
    """Say what the target is made of.

    >>> _arithmetic("rentals", ("members", "guests")), _arithmetic("ill", ("second_reading",))
    ('rentals is an exact sum of members and guests.', 'ill is second_reading, in other numbers.')
    """
    if len(parts) == 1:
        return f"{target} is {parts[0]}, in other numbers."
    return f"{target} is an exact sum of {_listed(parts)}."


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
