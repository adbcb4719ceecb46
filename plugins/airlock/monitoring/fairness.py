"""Groups in production: what a model answers to each protected group, and how often it is wrong about it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import comb
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.evaluation.figures import to_json
from airlock.examination.fairness.disparities import DEFINITIONS, Disparity, disparities
from airlock.examination.fairness.figures import figures
from airlock.examination.fairness.groups import groupings
from airlock.examination.fairness.tally import Attribute, attributes
from airlock.examination.fairness.unfair import FAMILY_WISE
from airlock.examination.subject import Answered
from airlock.monitoring.performance import beside, group_column, logged_answers
from airlock.package.answers import Answers
from airlock.package.labels import truth_of
from airlock.spec import ModelSpec, Task
from airlock.spec.fairness import Fairness as Asked
from airlock.spec.metrics import DISPARITIES, OF_ANSWERS


@dataclass(frozen=True)
class Decisions(Answered):
    """Logged answers beside what happened."""

    spec: ModelSpec
    truth: np.ndarray
    answers: Answers


@dataclass(frozen=True)
class Group:
    """One group: its rows, and each of its figures with the ends of its 95 % interval."""

    group: str
    rows: int
    figures: Mapping[str, tuple[float, float, float]]


@dataclass(frozen=True)
class Groups:
    """The groups of one protected column, and how far they lie apart."""

    attribute: str
    groups: tuple[Group, ...]
    disparities: Mapping[str, Disparity]


@dataclass(frozen=True)
class Comparison:
    """Groups compared over a stretch of event time.

    Attributes
    ----------
    rows
        The people whose groups are known, each with the latest answer.
    answers
        How many there were before groups were asked for.
    attributes
        None where nothing could be compared, and `reason` says why.
    blind
        Whether that is because the source does not know who these people are.
    """

    rows: int
    answers: int
    start: datetime | None
    end: datetime | None
    attributes: tuple[Groups, ...] | None
    reason: str = ""
    blind: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values; a figure that is not defined is null."""
        moments = {name: at and at.isoformat() for name, at in (("start", self.start), ("end", self.end))}
        return to_json({**asdict(self), **moments})


@dataclass(frozen=True)
class Fairness:
    """How protected groups fare: by the answers of late, and by the outcomes that arrived.

    Attributes
    ----------
    answers
        None for a task whose answers favour nobody.
    outcomes
        None where no outcome is due yet.
    judged
        Whether every limit could be held against them.
    """

    answers: Comparison | None
    outcomes: Comparison | None
    judged: bool

    @classmethod
    def of(cls, asked: Asked, answers: Comparison | None, outcomes: Comparison | None) -> "Fairness":
        """Put both together."""
        needed = {limit.metric in OF_ANSWERS for limit in asked.limits}
        compared = [one for one, need in ((answers, True), (outcomes, False)) if need in needed]
        return cls(answers, outcomes, all(one is not None and one.attributes is not None for one in compared))

    def over(self, metric: str) -> Comparison | None:
        """Return what a disparity is measured over."""
        return self.answers if metric in OF_ANSWERS else self.outcomes

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        answers, outcomes = (one and one.to_json() for one in (self.answers, self.outcomes))
        return {"answers": answers, "outcomes": outcomes, "judged": self.judged}


def of_answers(spec: ModelSpec, asked: Asked, predictions: pa.Table, people: pa.Table | None) -> Comparison:
    """Compare how often the groups are answered yes.

    Parameters
    ----------
    predictions
        All of a stretch of event time.
    people
        The entity key and the protected columns, as the source has them; None where it was not asked, because
        there are too few predictions.
    """
    names = [name for name in DISPARITIES[spec.task] if name in OF_ANSWERS]
    if people is None:
        return _too_few(asked, predictions, len(predictions))
    known, _ = beside(spec, predictions, people)
    # Nothing is known of what happened, and what is compared here does not ask.
    nothing: np.ndarray = np.full(len(known), "", dtype=object)
    entities = len(predictions["entity_key"].unique())
    return _compared(spec, asked, entities, known, nothing, names)


def of_outcomes(spec: ModelSpec, asked: Asked, known: pa.Table) -> Comparison:
    """Compare how often the model is wrong about the groups.

    Parameters
    ----------
    known
        What `airlock.monitoring.performance.joined` made of predictions and outcomes.
    """
    names = [name for name in DISPARITIES[spec.task] if name not in OF_ANSWERS]
    return _compared(spec, asked, len(known), known, truth_of(known, "outcome", spec.task), names)


def _compared(
    spec: ModelSpec, asked: Asked, answers: int, known: pa.Table, truth: np.ndarray, names: Sequence[str]
) -> Comparison:
    if len(known) < asked.minimum_rows:
        return _too_few(asked, known, answers)
    if missing := [name for name in spec.data.protected if group_column(name) not in known.column_names]:
        return Comparison(
            0, answers, None, None, None, f"The source says {missing[0]} of nobody.", blind=True
        )
    rows = pa.table({name: known[group_column(name)] for name in spec.data.protected})
    decisions = Decisions(spec, truth, logged_answers(known))
    tallied, _ = attributes(decisions, groupings(spec, rows))
    singles = [one for one in tallied if not one.is_intersection]
    chance = 2 * FAMILY_WISE / max(1, _tests(asked, singles, names))
    spread = float(np.std(truth)) if spec.task is Task.REGRESSION else 1.0
    period = pc.min_max(known["event_time"]).as_py()
    groups = tuple(_groups(spec, one, names, chance, spread) for one in singles)
    return Comparison(len(known), answers, period["min"], period["max"], groups)


def _too_few(asked: Asked, known: pa.Table, answers: int) -> Comparison:
    """Return why nothing is compared; where the source knows too few of many people, the watch is blind."""
    blind = answers >= asked.minimum_rows
    of = f"The source knows {len(known)} of {answers} people" if blind else f"There are {answers} rows"
    reason = f"{of}; {asked.minimum_rows} are needed."
    return Comparison(len(known), answers, None, None, None, reason, blind=blind)


def _tests(asked: Asked, tallied: Sequence[Attribute], names: Sequence[str]) -> int:
    """Return how many pairs of groups the limits compare, so that none is broken by being one of many."""
    return sum(
        comb(len(attribute.groups), 2) * len(DEFINITIONS[limit.metric][1])
        for limit in asked.limits
        for attribute in tallied
        if limit.metric in names and limit.attribute in (None, attribute.name)
    )


def _groups(
    spec: ModelSpec, attribute: Attribute, names: Sequence[str], chance: float, spread: float
) -> Groups:
    shown = {name for disparity in names for name in DEFINITIONS[disparity][1]}
    found = {name: one for name, one in figures(spec.task, attribute.tally).items() if name in shown}
    rows = attribute.tally.rows.tolist()
    return Groups(
        attribute.name,
        tuple(
            Group(
                label,
                rows[at],
                {
                    name: (float(one.value[at]), float(one.interval[0][at]), float(one.interval[1][at]))
                    for name, one in found.items()
                },
            )
            for at, label in enumerate(attribute.labels)
        ),
        disparities(spec.task, attribute, seed=spec.training.seed, spread=spread, names=names, chance=chance),
    )
