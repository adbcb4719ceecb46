"""Counterfactuals: what would have changed an answer, in few features and by values that real rows have."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from airlock.examination.explanation.asking import ask
from airlock.examination.explanation.cases import REFUSED, Chosen, refused
from airlock.examination.explanation.lending import MOST_CHANGES, Lending
from airlock.examination.explanation.nearness import Nearness
from airlock.examination.explanation.words import Value, told, value_of
from airlock.examination.subject import Subject
from airlock.examination.weakness.sample import evenly
from airlock.package.answers import Answers
from airlock.spec import Task

#: Rows with another answer that are looked at, and how many of the nearest lend their values.
POOL, DONORS = 5000, 60


@dataclass(frozen=True)
class Change:
    """One feature that would have had to be otherwise."""

    feature: str
    before: Value
    after: Value

    @property
    def words(self) -> str:
        """The change as a part of a sentence."""
        return f"{self.feature} {told(self.after, self.before)} instead of {told(self.before, self.after)}"


@dataclass(frozen=True)
class Counterfactual:
    """What would have changed one answer; no changes and a NaN where nothing was found.

    Attributes
    ----------
    score, new_score
        The score before and after; with three classes and more the probability of the answer that was given.
    """

    case: str
    prediction: str
    score: float
    changes: tuple[Change, ...] = ()
    new_prediction: str | None = None
    new_score: float = float("nan")

    @property
    def sentence(self) -> str:
        """What would have changed the answer."""
        if self.new_prediction is None:
            return (
                f"Nothing was found that would have changed the answer {self.prediction}: no change of at "
                f"most {MOST_CHANGES} changeable features to values of the nearest rows with another answer."
            )
        changes = " and ".join(change.words for change in self.changes)
        scores = f"{told(self.new_score, self.score)} instead of {told(self.score, self.new_score)}"
        return f"With {changes} the answer would have been {self.new_prediction} ({scores})."

    def to_json(self) -> dict[str, Any]:
        """Return the counterfactual as JSON."""
        changes = [{"feature": one.feature, "from": one.before, "to": one.after} for one in self.changes]
        return asdict(self) | {"changes": changes, "sentence": self.sentence}


def counterfactuals(
    subject: Subject, chosen: Sequence[Chosen], rows: pd.DataFrame
) -> tuple[Counterfactual, ...]:
    """Return what would have changed the unfavourable answers among the chosen, of at most `REFUSED`.

    Nothing for a regression, which refuses nobody.

    Parameters
    ----------
    subject
        The model beside its hold-out.
    chosen
        The rows that are shown as cases.
    rows
        The features of the hold-out, made by `airlock.package.frame`.

    References
    ----------
    Keane and Smyth: Good counterfactuals and where to find them, ICCBR 2020: values are lent by the nearest
    real rows with another answer, so that what is asked of a person is what other people have.
    """
    if subject.spec.task is Task.REGRESSION:
        return ()
    nearness = Nearness.of(rows, subject.predictor.signature.kinds)
    unwelcome = refused(subject)
    asked = [one for one in chosen if unwelcome[one.row]][:REFUSED]
    return tuple(_counterfactual(subject, one, rows, nearness) for one in asked)


def _counterfactual(
    subject: Subject, chosen: Chosen, rows: pd.DataFrame, nearness: Nearness
) -> Counterfactual:
    predictor, said = subject.predictor, subject.answers.predictions[chosen.row]
    origin = {name: rows[name].iloc[chosen.row] for name in rows}
    before = _score(subject, subject.answers.take(np.array([chosen.row])), said)
    lending = Lending(
        predictor=predictor,
        origin=origin,
        said=said,
        donors=_donors(subject, origin, rows, nearness, said),
        changeable=[name for name in rows if subject.spec.data.columns[name].changeable],
        nearness=nearness,
        real=rows,
    )
    found = lending.cheapest()
    if found is None:
        return Counterfactual(chosen.case, said, before)
    after = ask(predictor, pd.DataFrame([origin | found], columns=list(rows)))
    kinds = predictor.signature.kinds
    changes = [
        Change(name, value_of(origin[name], kinds[name]), value_of(value, kinds[name]))
        for name, value in found.items()
    ]
    return Counterfactual(
        chosen.case, said, before, tuple(changes), after.predictions[0], _score(subject, after, said)
    )


def _donors(
    subject: Subject, origin: dict[str, Any], rows: pd.DataFrame, nearness: Nearness, said: str
) -> pd.DataFrame:
    others = np.flatnonzero(np.array(subject.answers.predictions, dtype=object) != said)
    pool = rows.iloc[others[evenly(len(others), POOL)]]
    return pool.iloc[np.argsort(nearness.gaps(pool, origin).sum(axis=1), kind="stable")[:DONORS]]


def _score(subject: Subject, answers: Answers, said: str) -> float:
    if subject.spec.task is Task.BINARY:
        return float(answers.scores[0])
    assert answers.probabilities is not None
    return float(answers.probabilities[0, subject.predictor.signature.classes.index(said)])
