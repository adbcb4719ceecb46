"""A column of a night as it streams by: its counts in the bins of the training data, which simply add up."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from airlock.monitoring.counts import count_numbers, count_values, no_numbers
from airlock.spec.columns import Kind

SCORE, PREDICTION = "score", "prediction"
#: Of the values that training did not have, so many are kept apart while counting.
MOST_STRANGERS = 1000

Part = Literal["feature", "answer"]


class Tally:
    """The counts of one column so far, beside what its profile says; `fault` says why there can be none."""

    def __init__(self, part: Part, column: str, profile: Mapping[str, Any]) -> None:
        self.part, self.column, self.profile = part, column, profile
        self.rows = 0
        self.fault: str | None = None

    @property
    def kind(self) -> str:
        """What the column held in training."""
        return str(self.profile["kind"])

    def add(self, chunk: pa.Table) -> None:
        """Count the column's values in a chunk of the night's rows."""
        self.rows += len(chunk)
        if self.column not in chunk.column_names:
            self.fault = "is missing from the night's rows"
        if self.fault is not None:
            return
        values = chunk[self.column]
        try:
            self._count(values)
        except pa.ArrowException:
            self.fault = f"holds {values.type} values where a {self.kind} is due"

    def _count(self, values: pa.ChunkedArray) -> None:
        raise NotImplementedError


class NumberTally(Tally):
    """The counts of a column of numbers in the bins between its profile's edges."""

    def __init__(self, part: Part, column: str, profile: Mapping[str, Any]) -> None:
        super().__init__(part, column, profile)
        self.edges = np.array(profile["edges"])
        self.counts = no_numbers(self.edges)

    def _count(self, values: pa.ChunkedArray) -> None:
        self.counts += count_numbers(values.chunks, self.edges)


class ValueTally(Tally):
    """The counts of a column's values: those its profile lists, and the others, few of them by name.

    `counts` holds the listed ones, `others` how many rows hold another one, and `strangers` the most
    frequent of these.
    """

    def __init__(self, part: Part, column: str, profile: Mapping[str, Any]) -> None:
        super().__init__(part, column, profile)
        self.counts: Counter[str] = Counter()
        self.strangers: Counter[str] = Counter()
        self.others = self.missing = 0

    def _count(self, values: pa.ChunkedArray) -> None:
        found, missing = count_values(values.chunks)
        self.missing += missing
        for value, count in found.items():
            if value in self.profile["values"]:
                self.counts[value] += count
            else:
                self.strangers[value] += count
                self.others += count
        if len(self.strangers) > MOST_STRANGERS:
            self.strangers = Counter(dict(self.strangers.most_common(MOST_STRANGERS)))


AnyTally = NumberTally | ValueTally


def count(reference: Mapping[str, Any], night: Iterable[pa.Table]) -> tuple[AnyTally, ...]:
    """Count a night's columns in one pass, in memory that does not grow with its rows.

    Parameters
    ----------
    reference
        What `airlock.monitoring.profile.profile` wrote at training.
    night
        The night's rows in chunks, each with the features, `score` and `prediction`; texts may be
        dictionaries. No more than one chunk is held.

    Returns
    -------
    tuple of NumberTally or ValueTally
        One a feature in the profile's order, then the score, then the prediction of a classifier.
    """
    tallies = _tallies(reference)
    for chunk in night:
        for tally in tallies:
            tally.add(chunk)
    return tallies


def _tallies(reference: Mapping[str, Any]) -> tuple[AnyTally, ...]:
    expected: Sequence[tuple[Part, str, Mapping[str, Any]]] = [
        *(("feature", name, profile) for name, profile in reference["features"].items()),
        *(("answer", name, reference[name]) for name in (SCORE, PREDICTION) if reference[name]),
    ]
    return tuple(
        (NumberTally if profile["kind"] == Kind.NUMBER else ValueTally)(part, name, profile)
        for part, name, profile in expected
    )
