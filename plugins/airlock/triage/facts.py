"""The facts that triage judges by: the night's rows and the reference's, placed in the profile's bins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.monitoring.bins import counts_of, names_of, places
from airlock.spec.columns import Kind
from airlock.triage.recent import Recent

SCORE = "score"
#: More rows than these say nothing more; evenly spread ones are taken.
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Cohort:
    """Decisions whose outcomes have arrived: each score, and whether it came true.

    `hits` is true where the positive class came true (binary), or the predicted one (multiclass).
    """

    scores: np.ndarray
    hits: np.ndarray


@dataclass(frozen=True)
class Facts:
    """All that is known of a night.

    Attributes
    ----------
    day
        The night's date.
    profile
        The profile of the package that answered.
    before, now
        The reference rows and the night's: the features, `score` and `prediction`.
    cohort
        The newest decisions with outcomes; None where there are none.
    faults, crossed
        The sentences of the night's findings: those that are wrong in the data themselves, and the others.
    recent
        Reads the night's rows and those of the nights before it, of which there are more; None where the
        night has rows enough by itself.
    """

    day: date
    profile: Mapping[str, Any]
    before: pa.Table
    now: pa.Table
    cohort: Cohort | None = None
    faults: tuple[str, ...] = ()
    crossed: tuple[str, ...] = ()
    recent: Callable[[], Recent] | None = None

    @cached_property
    def described(self) -> dict[str, Mapping[str, Any]]:
        """The profile of each feature, then of the score."""
        return {**self.profile["features"], SCORE: self.profile[SCORE]}

    @cached_property
    def features(self) -> tuple[str, ...]:
        """The features' names."""
        return tuple(self.profile["features"])

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """The features that are numbers."""
        return tuple(name for name in self.features if self.described[name]["kind"] == Kind.NUMBER)

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The features that are categories or truth values."""
        return tuple(name for name in self.features if name not in self.numbers)

    @cached_property
    def placed_before(self) -> dict[str, np.ndarray]:
        """For each column, the place of each reference row."""
        return self._placed(spread(self.before))

    @cached_property
    def placed(self) -> dict[str, np.ndarray]:
        """For each column, the place of each of the night's rows."""
        return self._placed(spread(self.now))

    def values(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return a number's finite values, in the reference and in the night."""
        both = (numbers(spread(table)[name]) for table in (self.before, self.now))
        before, now = (values[np.isfinite(values)] for values in both)
        return before, now

    def names(self, name: str) -> list[str]:
        """Return what stands at each place of a column."""
        return names_of(self.described[name])

    def counts(self, placed: np.ndarray, name: str) -> np.ndarray:
        """Return how many of the placed rows there are at each place of a column."""
        return np.bincount(placed, minlength=len(counts_of(self.described[name])))

    def _placed(self, table: pa.Table) -> dict[str, np.ndarray]:
        return {name: places(table[name], one) for name, one in self.described.items()}


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column as numbers, NaN where one is missing."""
    values: np.ndarray = column.cast(pa.float64()).to_numpy()
    return values


def spread(table: pa.Table) -> pa.Table:
    """Return a table, or as many of its rows as say enough, evenly spread."""
    if table.num_rows <= MOST_ROWS:
        return table
    return table.take(np.linspace(0, table.num_rows - 1, MOST_ROWS).astype(np.int64))
