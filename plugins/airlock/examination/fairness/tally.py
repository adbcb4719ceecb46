"""The tally: one pass over the rows counts every combination of groups; any attribute is a sum of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from airlock.examination.fairness.groups import Grouping
from airlock.examination.subject import Answered
from airlock.spec import Task

#: With more combinations of groups than this, an intersection is named and left out.
MOST_COMBINATIONS = 500
#: So many intersections at most: all pairs of five attributes.
MOST_INTERSECTIONS = 10


@dataclass(frozen=True)
class Tally:
    """What happened to groups.

    Attributes
    ----------
    outcomes
        The kinds of outcome a row can have, such as `true positive`.
    counts
        int64, shape (groups, outcomes): how many rows had each.
    totals, squares
        float64, shape (groups,): sums over the rows, and sums of the squares, of numbers with a name.
    """

    outcomes: tuple[str, ...]
    counts: np.ndarray
    totals: Mapping[str, np.ndarray]
    squares: Mapping[str, np.ndarray]

    @property
    def rows(self) -> np.ndarray:
        """How many rows each group has, int64, shape (groups,)."""
        return self.counts.sum(axis=-1)

    def count(self, names: Sequence[str]) -> np.ndarray:
        """Return how many rows of each group had one of some outcomes, int64, shape (groups,)."""
        return self.counts[..., [self.outcomes.index(name) for name in names]].sum(axis=-1)

    def joined(self, place: np.ndarray, groups: int) -> "Tally":
        """Return the tally of larger groups: `place` says which one each group is part of."""
        return Tally(
            self.outcomes,
            np.stack([_added(place, counts, groups) for counts in self.counts.T], axis=1).astype(np.int64),
            {name: _added(place, total, groups) for name, total in self.totals.items()},
            {name: _added(place, square, groups) for name, square in self.squares.items()},
        )

    def pick(self, groups: Sequence[int]) -> "Tally":
        """Return the tally of some groups, in the order given."""
        chosen = list(groups)
        return Tally(
            self.outcomes,
            self.counts[chosen],
            {name: total[chosen] for name, total in self.totals.items()},
            {name: square[chosen] for name, square in self.squares.items()},
        )

    def without(self, groups: Sequence[int]) -> "Tally":
        """Return the tally as if some groups had no rows."""
        kept = ~np.isin(np.arange(len(self.counts)), groups)
        return Tally(
            self.outcomes,
            self.counts * kept[:, None],
            {name: np.where(kept, total, 0.0) for name, total in self.totals.items()},
            {name: np.where(kept, square, 0.0) for name, square in self.squares.items()},
        )

    def others(self) -> "Tally":
        """Return for each group the tally of all other rows."""
        return Tally(
            self.outcomes,
            self.counts.sum(axis=0) - self.counts,
            {name: total.sum() - total for name, total in self.totals.items()},
            {name: square.sum() - square for name, square in self.squares.items()},
        )


@dataclass(frozen=True)
class Attribute:
    """A protected column, or several crossed, with the tally of its groups.

    Attributes
    ----------
    columns
        The protected columns it is made of.
    groups
        Each group's value of each column, such as `("female", "north")`.
    places
        int64, shape (groups, columns): the same as places in each column's groups.
    """

    columns: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    places: np.ndarray
    tally: Tally

    @property
    def name(self) -> str:
        """The attribute as people read it: `sex × region`."""
        return " × ".join(self.columns)

    @property
    def labels(self) -> tuple[str, ...]:
        """The groups as people read them: `female, north`."""
        return tuple(", ".join(group) for group in self.groups)

    @property
    def is_intersection(self) -> bool:
        """Whether it crosses several columns."""
        return len(self.columns) > 1

    @property
    def is_pair(self) -> bool:
        """Whether it is one column with two groups, each of which is all the others of the other."""
        return not self.is_intersection and len(self.groups) == 2


def attributes(subject: Answered, groupings: Sequence[Grouping]) -> tuple[list[Attribute], list[str]]:
    """Tally every protected column, every two crossed, and three where there are no more.

    Returns
    -------
    tuple
        The attributes, single ones first; and the names of intersections that are too fine to look at.
    """
    codes, places = _cross(groupings, len(subject))
    whole = _tally(subject, codes, len(places))
    singles = [_single(grouping, whole, places[:, at]) for at, grouping in enumerate(groupings)]
    every = range(len(groupings))
    chosen = [*combinations(every, 2), *([tuple(every)] if len(groupings) == 3 else [])]
    crossed = [_crossed([groupings[at] for at in some], whole, places[:, list(some)]) for some in chosen]
    kept = [one for one in crossed if len(one.groups) <= MOST_COMBINATIONS][:MOST_INTERSECTIONS]
    names = {one.name for one in kept}
    return singles + kept, [one.name for one in crossed if one.name not in names]


def _cross(groupings: Sequence[Grouping], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Number the combinations of groups that occur.

    Returns
    -------
    tuple
        Each row's combination, int64, shape (rows,); and each combination's place in every grouping,
        int64, shape (combinations, groupings).
    """
    codes: np.ndarray = np.zeros(rows, dtype=np.int64)
    places: np.ndarray = np.zeros((1, 0), dtype=np.int64)
    for grouping in groupings:
        radix = len(grouping.groups)
        codes = codes * radix + grouping.codes
        occurring = np.flatnonzero(np.bincount(codes, minlength=len(places) * radix))
        number: np.ndarray = np.zeros(len(places) * radix, dtype=np.int64)
        number[occurring] = np.arange(len(occurring))
        codes, places = number[codes], np.column_stack([places[occurring // radix], occurring % radix])
    return codes, places


def _tally(subject: Answered, codes: np.ndarray, groups: int) -> Tally:
    outcomes, outcome = _outcomes(subject)
    kinds = len(outcomes)
    counts = np.bincount(codes * kinds + outcome, minlength=groups * kinds).reshape(groups, kinds)
    numbers = _numbers(subject)
    return Tally(
        outcomes,
        counts,
        {name: _added(codes, values, groups) for name, values in numbers.items()},
        {name: _added(codes, values**2, groups) for name, values in numbers.items()},
    )


def _outcomes(subject: Answered) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the kinds of outcome, and each row's as a place in them."""
    if subject.spec.task is Task.REGRESSION:
        return ("answered",), np.zeros(len(subject), dtype=np.int64)
    if subject.spec.task is Task.BINARY:
        names = ("true negative", "false positive", "false negative", "true positive")
        return names, 2 * subject.happened.astype(np.int64) + subject.said_yes
    labels, place = np.unique(subject.truth.astype(str), return_inverse=True)
    right = np.array(subject.answers.predictions) == subject.truth
    return tuple(f"{how} {label}" for label in labels for how in ("wrong", "right")), 2 * place + right


def _numbers(subject: Answered) -> dict[str, np.ndarray]:
    scores = subject.answers.scores
    if subject.spec.task is Task.BINARY:
        return {"mean_score": scores, "calibration_gap": subject.happened - scores}
    if subject.spec.task is Task.REGRESSION:
        errors = scores - subject.truth
        return {"mae": np.abs(errors), "bias": errors}
    return {}


def _single(grouping: Grouping, whole: Tally, place: np.ndarray) -> Attribute:
    groups = len(grouping.groups)
    labels = tuple((group,) for group in grouping.groups)
    return Attribute((grouping.attribute,), labels, np.arange(groups)[:, None], whole.joined(place, groups))


def _crossed(groupings: Sequence[Grouping], whole: Tally, places: np.ndarray) -> Attribute:
    found, place = np.unique(places, axis=0, return_inverse=True)
    labels = tuple(
        tuple(grouping.groups[at] for grouping, at in zip(groupings, one, strict=True)) for one in found
    )
    columns = tuple(grouping.attribute for grouping in groupings)
    return Attribute(columns, labels, found, whole.joined(place.reshape(-1), len(found)))


def _added(place: np.ndarray, values: np.ndarray, groups: int) -> np.ndarray:
    return np.bincount(place, weights=values, minlength=groups)
