"""Cases: a few single rows, chosen to be told apart, with what moved each answer.

A case is known by its number: the row's own key would say whose it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from airlock.examination.explanation.shapley import Contributions
from airlock.examination.explanation.words import Value, value_of
from airlock.examination.subject import Subject
from airlock.package.labels import label_of
from airlock.spec import Task

#: Of so many unfavourable answers it is said what would have changed them.
REFUSED = 5


@dataclass(frozen=True)
class Chosen:
    """A row of the hold-out by its position, and why it was chosen."""

    case: str
    row: int
    why: str


@dataclass(frozen=True)
class Case:
    """A row with its answer, and what each feature added to it, the largest first."""

    case: str
    why: str
    score: float
    prediction: str
    happened: str
    base: float
    contributions: tuple[tuple[str, Value, float], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the case as JSON."""
        parts = [
            {"feature": feature, "value": value, "contribution": contribution}
            for feature, value, contribution in self.contributions
        ]
        return {**vars(self), "contributions": parts}


def choose(subject: Subject) -> tuple[Chosen, ...]:
    """Choose the two extremes, the two nearest to another answer, the worst error, and more refused rows."""
    found: dict[int, str] = {}
    for why, order in _orders(subject):
        free = [int(row) for row in order if int(row) not in found]
        if free:
            found[free[0]] = why
    for row in _refused_besides(subject, list(found)):
        found[row] = "one more unfavourable answer"
    return tuple(Chosen(str(place + 1), row, why) for place, (row, why) in enumerate(found.items()))


def refused(subject: Subject) -> np.ndarray:
    """Return for each row whether people would want another answer than it got, bool.

    Unfavourable is what `decision` says, or the positive class where there is none; with three classes and
    more any answer may be unwelcome, and a number is neither.
    """
    if subject.spec.task is Task.REGRESSION:
        return np.zeros(len(subject), dtype=bool)
    if subject.spec.task is Task.MULTICLASS:
        return np.ones(len(subject), dtype=bool)
    decision = subject.spec.decision
    unwelcome = subject.said_yes
    return ~unwelcome if decision and decision.unfavourable == "negative" else unwelcome


def told_cases(
    subject: Subject, chosen: Sequence[Chosen], rows: pd.DataFrame, contributions: Contributions
) -> tuple[Case, ...]:
    """Return the chosen rows with their values and contributions.

    Parameters
    ----------
    subject
        The model beside its hold-out.
    chosen
        Which rows.
    rows
        The features of the hold-out.
    contributions
        Those of the chosen rows, in their order.
    """
    kinds = subject.predictor.signature.kinds
    cases = []
    for place, one in enumerate(chosen):
        moved = contributions.values[place]
        parts = tuple(
            (name, value_of(rows[name].iloc[one.row], kinds[name]), float(moved[column]))
            for column in np.argsort(-np.abs(moved), kind="stable")
            for name in [contributions.features[column]]
        )
        cases.append(
            Case(
                case=one.case,
                why=one.why,
                score=float(subject.answers.scores[one.row]),
                prediction=subject.answers.predictions[one.row],
                happened=label_of(subject.truth[one.row].item()),
                base=float(contributions.base[place]),
                contributions=parts,
            )
        )
    return tuple(cases)


def _orders(subject: Subject) -> list[tuple[str, np.ndarray]]:
    """Return for each reason to choose a row all rows, the fittest first."""
    scores, worst = subject.answers.scores, ("the worst error", _rising(-subject.losses))
    if subject.spec.task is Task.REGRESSION:
        middle = ("the nearest to the middle", _rising(np.abs(scores - np.median(scores))))
        return [
            ("the highest answer", _rising(-scores)),
            ("the lowest answer", _rising(scores)),
            *[middle] * 2,
            worst,
        ]
    if subject.spec.task is Task.BINARY:
        distance = np.abs(scores - subject.predictor.signature.threshold)
        near = ("the nearest to the threshold", _rising(distance))
        return [("the surest yes", _rising(-scores)), ("the surest no", _rising(scores)), near, near, worst]
    assert subject.answers.probabilities is not None
    best = np.sort(subject.answers.probabilities, axis=1)
    near = ("the nearest to another class", _rising(best[:, -1] - best[:, -2]))
    return [
        ("the surest answer", _rising(-scores)),
        ("the least sure answer", _rising(scores)),
        near,
        near,
        worst,
    ]


def _rising(figures: np.ndarray) -> np.ndarray:
    return np.argsort(figures, kind="stable")


def _refused_besides(subject: Subject, taken: Sequence[int]) -> list[int]:
    """Return refused rows of all scores, so many that with those taken there are `REFUSED`."""
    unwelcome = refused(subject)
    missing = REFUSED - int(unwelcome[list(taken)].sum())
    rows = np.setdiff1d(np.flatnonzero(unwelcome), taken)
    if missing <= 0 or len(rows) == 0:
        return []
    by_score = rows[_rising(subject.answers.scores[rows])]
    places = np.linspace(0, len(rows) - 1, missing + 2)[1:-1].astype(np.int64)
    return [int(row) for row in by_score[np.unique(places)]]
