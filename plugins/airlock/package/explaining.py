"""Explaining one answer: what each feature added to it, found by asking the version that gave it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isfinite
from typing import Any

import numpy as np

from airlock.package.answers import Answering
from airlock.package.contributions import Columns, contributions
from airlock.package.signature import Signature
from airlock.spec.columns import Kind
from airlock.spec.metrics import Task

Value = float | str | bool | None

#: What the scores of every model but a regression are counted in.
PROBABILITY = "probability"
METHOD = "sampled Shapley values (for each of {rows} background rows one permutation, there and back)"
#: One for all, so that the same row is always explained the same, and two rows differ by what is in them.
SEED = 7
#: Of all that features moved, the share from which on one of them is said to have moved anything.
TELLING = 0.001
#: So much of a text is repeated in a sentence.
LONGEST = 60


@dataclass(frozen=True)
class Contribution:
    """What one feature added to an answer, with what it was."""

    feature: str
    value: Value
    contribution: float
    sentence: str


@dataclass(frozen=True)
class Explanation:
    """Why an answer is as it is: the average answer, and what each feature added to it.

    Attributes
    ----------
    about
        What is explained, as people say it: the probability of a class, or the predicted number.
    unit
        What base and contributions are counted in: `probability`, or the unit of the predicted number.
    base
        The average answer over the background rows.
    contributions
        One for each feature, the largest first; with the base they add up to the score.
    """

    about: str
    unit: str
    method: str
    score: float
    prediction: str
    base: float
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True)
class Explainer:
    """A loaded version, the rows that stand for its average answer, and what its scores are counted in."""

    answering: Answering
    background: Columns
    unit: str

    @classmethod
    def of(
        cls, answering: Answering, background: Sequence[Mapping[str, Any]], unit: str = PROBABILITY
    ) -> "Explainer":
        """Return what explains a version against its package's background rows."""
        return cls(answering, _columns(background, answering.signature), unit)

    def explain(self, features: Mapping[str, Any]) -> Explanation:
        """Explain the answer to one row: always the same for the same row.

        Parameters
        ----------
        features
            Every feature by name, None where missing (`Signature.problems` finds what is wrong with a row).

        Raises
        ------
        ArithmeticError
            When the model gives no finite score for the row, or for a mixture of it with the background.
        """
        signature = self.answering.signature
        (answer,) = self.answering.predict([features])
        values, _ = contributions(self._answers, _columns([features], signature), self.background, seed=SEED)
        output = 0 if signature.task is Task.REGRESSION else _explained_class(signature, answer.prediction)
        moved = values[0, :, output].tolist()
        if not all(map(isfinite, (answer.score, *moved))):
            raise ArithmeticError("the model gives no finite score for these values")
        about = _about(signature, output)
        return Explanation(
            about=about,
            unit=self.unit,
            method=METHOD.format(rows=len(next(iter(self.background.values())))),
            score=answer.score,
            prediction=answer.prediction,
            base=answer.score - fsum(moved),
            contributions=_told(signature, features, moved, about),
        )

    def _answers(self, rows: Columns) -> np.ndarray:
        said = self.answering.predict_columns(rows)
        return said.scores[:, None] if said.probabilities is None else said.probabilities


def _columns(rows: Sequence[Mapping[str, Any]], signature: Signature) -> dict[str, np.ndarray]:
    columns = {}
    for name, kind in signature.kinds.items():
        values = [row[name] for row in rows]
        if kind is Kind.CATEGORY:
            columns[name] = np.array(["" if value is None else value for value in values], dtype=object)
        else:
            columns[name] = np.array(values, dtype=np.float64)  # None becomes NaN
    return columns


def _explained_class(signature: Signature, predicted: str) -> int:
    """Return the place of the class whose probability the score is."""
    explained = signature.positive if signature.task is Task.BINARY else predicted
    return signature.classes.index(str(explained))


def _about(signature: Signature, output: int) -> str:
    if signature.task is Task.REGRESSION:
        return "the predicted number"
    return f"the probability of {signature.classes[output]}"


def _told(
    signature: Signature, features: Mapping[str, Any], moved: Sequence[float], about: str
) -> tuple[Contribution, ...]:
    least = TELLING * fsum(map(abs, moved))
    told = [
        Contribution(
            name, features[name], by, f"{name} = {_spelt(features[name])} {_verb(by, least, about)}."
        )
        for name, by in zip(signature.kinds, moved, strict=True)
    ]
    return tuple(sorted(told, key=lambda one: -abs(one.contribution)))


def _verb(moved: float, least: float, about: str) -> str:
    """Say what a feature did.

    >>> _verb(0.1234, 0.001, "the probability of yes"), _verb(-2500.0, 10.0, "the predicted number")
    ('raised the probability of yes by 0.123', 'lowered the predicted number by 2,500')
    >>> _verb(0.0, 0.0, "the predicted number"), _verb(1e-9, 1e-6, "the predicted number")
    ('did not move the predicted number', 'hardly moved the predicted number')
    """
    if moved == 0:
        return f"did not move {about}"
    if abs(moved) < least:
        return f"hardly moved {about}"
    by = f"{abs(moved):,.0f}" if abs(moved) >= 1000 else f"{abs(moved):.3g}"
    return f"{'raised' if moved > 0 else 'lowered'} {about} by {by}"


def _spelt(value: Value) -> str:
    """Return a value as people read it.

    >>> _spelt(12000.0), _spelt(0.25), _spelt(True), _spelt("own"), _spelt(None)
    ('12,000', '0.25', 'true', 'own', 'unknown')
    """
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}..."
    return f"{value:,.10g}"
