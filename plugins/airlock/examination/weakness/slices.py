"""Slices: where a candidate is most wrong, and where it is more wrong than it knows (F31).

Slices are looked for as in Chung, Kraska, Polyzotis, Tae, Whang: Automated Data Slicing for Model Validation
(Slice Finder), IEEE TKDE 2019, with a test and a least size of effect, and all of them at once by matrix
products as in Sagadeeva, Boehm: SliceLine, SIGMOD 2021. What is named here is excess instead of loss
(`airlock.examination.weakness.excess`), because loss finds the people whose risk is hard to tell, not faults.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr

from airlock.evaluation.figures import spell, to_json
from airlock.examination.subject import Subject
from airlock.examination.weakness.conditions import Cut, cut
from airlock.examination.weakness.contrasts import Contrasts, contrasts, products
from airlock.examination.weakness.excess import excess_of
from airlock.examination.weakness.explain import FAMILY_WISE, explain
from airlock.examination.weakness.sample import part_of
from airlock.findings import Finding
from airlock.monitoring.sentences import percent
from airlock.spec import Task

#: At most so many rows are looked at, taken evenly.
MOST_ROWS = 100_000
#: A slice has at least so many rows, and at least this share of all.
LEAST_ROWS, LEAST_SHARE = 50, 0.01
#: An excess below these is not worth naming: nats for a classifier, which at a risk of one in ten is about
#: 2 in a hundred more than expected; for a regression a quarter more squared error than usual.
MATERIAL = {Task.BINARY: 0.05, Task.MULTICLASS: 0.05, Task.REGRESSION: 0.25}
#: So many slices are listed as the worst, none of which shares more than half of the smaller one's rows
#: with one listed before.
WORST, SHARED = 10, 0.5

ALL, ALL_OTHER = "all rows", "all other rows"


@dataclass(frozen=True)
class Slice:
    """Some rows that can be said in words.

    Attributes
    ----------
    loss, elsewhere
        The mean loss of its rows and of all others.
    excess
        The mean excess of its rows.
    p_value
        That the excess is chance, one-sided, corrected for the number of slices looked at.
    """

    slice: str
    rows: int
    share: float
    loss: float
    elsewhere: float
    excess: float
    p_value: float


@dataclass(frozen=True)
class Slices:
    """What came of looking.

    Attributes
    ----------
    overall
        The mean loss of all rows.
    rows, least, looked_at
        How many rows were looked at, how many a slice has at least, and how many slices there were.
    worst
        For people to look at: the slices with the highest loss, though they may be no fault of the model.
    named
        Where the model is more wrong than it expects: each among the rows that are in none before it.
    problem
        Why nothing could be computed, where that is so.
    """

    loss: str
    overall: float
    rows: int
    least: int
    looked_at: int
    worst: tuple[Slice, ...] = ()
    named: tuple[Slice, ...] = ()
    problem: str = ""

    @property
    def measures(self) -> dict[str, float]:
        """The largest excess of a slice that is named; 0 where none is, NaN where nobody can tell."""
        if self.problem:
            return {"worst_slice_excess": math.nan}
        return {"worst_slice_excess": max((one.excess for one in self.named), default=0.0)}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """A sentence for each slice that is named."""
        return tuple(
            Finding("slice", one.slice, self._sentence(one, after)) for after, one in enumerate(self.named)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the slices as JSON; a figure that is NaN becomes null."""
        findings = [finding.to_json() for finding in self.findings]
        return to_json({"measures": self.measures, **asdict(self), "findings": findings})

    def _sentence(self, one: Slice, after: int) -> str:
        than = {
            "log loss": f"{spell(one.excess)} more than the model's own probabilities say it should be",
            "squared error": f"{percent(one.excess)} more than answers of that size usually have",
        }[self.loss]
        if one.slice == ALL:
            return f"The {self.loss} is {spell(one.loss)} over {ALL} ({one.rows:,}), {than}."
        apart = "Apart from the slices named before, the" if after else "The"
        return (
            f"{apart} {self.loss} is {spell(one.loss, one.elsewhere)} for {one.slice} ({one.rows:,} rows, "
            f"{percent(one.share)}) and {spell(one.elsewhere, one.loss)} elsewhere: {than}."
        )


def find_slices(subject: Subject) -> Slices:
    """Find where a candidate is most wrong, and where it is more wrong than it expects of itself.

    Candidates are all conditions on one feature or protected column (`airlock.examination.weakness.
    conditions.cut`) and all pairs of them, of at least 50 rows and 1 %. Three conditions are not looked at:
    they would ask for ten times as many rows to be as sure.
    """
    part = part_of(subject, MOST_ROWS)
    name = "squared error" if subject.spec.task is Task.REGRESSION else "log loss"
    least = max(LEAST_ROWS, math.ceil(LEAST_SHARE * len(part)))
    if not len(part) or not np.isfinite(part.losses).all():
        problem = "Not every answer is a number." if len(part) else "There are no rows."
        return Slices(name, math.nan, len(part), least, 0, problem=problem)
    loss, excess = part.losses, excess_of(part)
    found = cut(part.spec, part.rows, least)
    looked = contrasts(found, loss, excess, least)
    if not len(looked):
        problem = f"No slice of the {len(part):,} rows has the {least:,} that are needed."
        return Slices(name, float(loss.mean()), len(part), least, 0, problem=problem)
    named, left = explain(found, loss, excess, least=least, material=MATERIAL[subject.spec.task])
    slices = [_slice(found, one.looked, one.place, len(part)) for one in named]
    rest = _rest(loss, excess, left, least=least, material=MATERIAL[subject.spec.task])
    return Slices(
        name,
        float(loss.mean()),
        len(part),
        least,
        len(looked),
        worst=_worst(found, looked, len(part)),
        named=(*slices, *rest),
    )


def _slice(cut: Cut, looked: Contrasts, place: int, total: int) -> Slice:
    inside, outside = looked.inside[place], looked.outside[place]
    words = dict.fromkeys(cut.conditions[condition].words for condition in looked.pairs[place])
    return Slice(
        slice=" and ".join(words),
        rows=int(inside.rows),
        share=float(inside.rows / total),
        loss=float(inside.mean_loss),
        elsewhere=float(outside.mean_loss),
        excess=float(inside.mean_excess),
        p_value=float(looked.p_values[place]),
    )


def _rest(
    loss: np.ndarray, excess: np.ndarray, left: np.ndarray, *, least: int, material: float
) -> tuple[Slice, ...]:
    """Return what is left as one more slice, where it is in excess too: elsewhere it is no better."""
    rows = int(left.sum())
    if rows < least:
        return ()
    mean, error = excess[left].mean(), excess[left].std(ddof=1) / math.sqrt(rows)
    p_value = float(stdtr(rows - 1, -mean / error)) if error > 0 else float(mean <= 0)
    if mean < material or p_value > FAMILY_WISE:
        return ()
    outside = float(loss[~left].mean()) if rows < len(left) else math.nan
    words = ALL if rows == len(left) else ALL_OTHER
    inside = float(loss[left].mean())
    return (Slice(words, rows, rows / len(left), inside, outside, float(mean), p_value),)


def _worst(cut: Cut, looked: Contrasts, total: int) -> tuple[Slice, ...]:
    """Return the slices with the highest loss, leaving out what fewer words or a worse one say better."""
    means = looked.inside.mean_loss
    listed: list[int] = []
    new = (means > looked.whole.mean_loss) & looked.clearer(FAMILY_WISE)
    while new.any() and len(listed) < WORST:
        place = int(np.argmax(np.where(new, means, -np.inf)))
        listed.append(place)
        rows = cut.members[cut.members[:, looked.pairs[place]].all(axis=1)]
        shared = products(rows, np.ones((1, len(rows))))[0][looked.pairs[:, 0], looked.pairs[:, 1]]
        new &= shared <= SHARED * np.minimum(len(rows), looked.inside.rows)
    return tuple(_slice(cut, looked, place, total) for place in listed)
