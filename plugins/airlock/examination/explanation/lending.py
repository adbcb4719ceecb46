"""Lending: a row takes over values of rows with another answer, as few as change its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from airlock.examination.explanation.asking import ask
from airlock.examination.explanation.nearness import Nearness
from airlock.examination.weakness.sample import evenly
from airlock.package.answers import Answers
from airlock.package.predictor import Predictor
from airlock.package.signature import MISSING_CATEGORY

MOST_CHANGES = 3
#: How many real values between the old and the new one are tried.
BETWEEN = 200

Values = dict[str, Any]


@dataclass(frozen=True)
class Lending:
    """A row and those that lend it values.

    Attributes
    ----------
    origin
        The row, one value a feature.
    said
        The answer it got.
    donors
        Rows with another answer, the nearest first.
    changeable
        Which features may be otherwise.
    real
        Rows whose values a number may take.
    """

    predictor: Predictor
    origin: Mapping[str, Any]
    said: str
    donors: pd.DataFrame
    changeable: Sequence[str]
    nearness: Nearness
    real: pd.DataFrame

    def cheapest(self) -> Values | None:
        """Return the fewest and smallest changes found that give another answer, if there are any."""
        found = self._lent()
        return self._shrunk(self._needed(found)) if found else None

    def _lent(self) -> Values | None:
        """Let every donor lend one feature after another, first what moves the answer the farthest."""
        gaps = self.nearness.gaps(self.donors, self.origin)
        lends = (gaps > 0) & _known(self.donors) & [name in self.changeable for name in self.donors]
        taken: np.ndarray = np.zeros(lends.shape, dtype=bool)
        for _ in range(MOST_CHANGES):
            donor, feature = np.nonzero(lends & ~taken)
            if len(donor) == 0:
                return None
            tried = taken[donor]
            tried[np.arange(len(donor)), feature] = True
            answers = ask(self.predictor, self._mixed(donor, tried))
            if (other := self._other(answers)).any():
                costs = np.where(other, (gaps[donor] * tried).sum(axis=1), np.inf)
                best = int(costs.argmin())
                lender = self.donors.iloc[donor[best]]
                return {name: lender[name] for name in self.donors.columns[tried[best]]}
            order = np.lexsort((self._support(answers), donor))
            nearest = order[np.unique(donor[order], return_index=True)[1]]
            taken[donor[nearest]] = tried[nearest]
        return None

    def _needed(self, values: Values) -> Values:
        """Leave out every change without which the answer is another one all the same."""
        for name in list(values):
            without = {other: value for other, value in values.items() if other != name}
            if without and self._changes({other: np.array([value]) for other, value in without.items()})[0]:
                values = without
        return values

    def _shrunk(self, values: Values) -> Values:
        """Move each number to the real value nearest to the old one that still changes the answer."""
        for name in [name for name in values if name in self.nearness.scales]:
            old, new = self.origin[name], values[name]
            if np.isnan(old):
                continue
            real = np.unique(self.real[name].dropna())
            between = real[(real > min(old, new)) & (real < max(old, new))]
            steps: np.ndarray = np.append(between[evenly(len(between), BETWEEN)], new)
            steps = steps[np.argsort(np.abs(steps - old), kind="stable")]
            others = {other: np.full(len(steps), value) for other, value in values.items()}
            values = values | {name: float(steps[self._changes(others | {name: steps}).argmax()])}
        return values

    def _changes(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        rows = len(next(iter(values.values())))
        return self._other(ask(self.predictor, self._with(rows, values)))

    def _with(self, rows: int, values: Mapping[str, np.ndarray]) -> pd.DataFrame:
        return pd.DataFrame({name: values.get(name, np.full(rows, old)) for name, old in self.origin.items()})

    def _mixed(self, donor: np.ndarray, tried: np.ndarray) -> pd.DataFrame:
        columns = {
            name: np.where(tried[:, place], self.donors[name].to_numpy()[donor], self.origin[name])
            for place, name in enumerate(self.donors)
        }
        return pd.DataFrame(columns)

    def _other(self, answers: Answers) -> np.ndarray:
        return np.array(answers.predictions, dtype=object) != self.said

    def _support(self, answers: Answers) -> np.ndarray:
        assert answers.probabilities is not None
        return answers.probabilities[:, self.predictor.signature.classes.index(self.said)]


def _known(rows: pd.DataFrame) -> np.ndarray:
    """Say which values are there: nobody can be told to make one unknown."""
    return np.column_stack(
        [(rows[name].notna() & (rows[name] != MISSING_CATEGORY)).to_numpy() for name in rows]
    )
