"""Data faults: a burst of missing values, another unit, values far off, one too often; and rows twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa

from airlock.monitoring.sentences import figure, percent
from airlock.triage.cause import Evidence
from airlock.triage.expectation import LEVEL
from airlock.triage.facts import Facts, numbers, spread
from airlock.triage.units import LEAST_FACTOR, another_unit

#: A burst moves at least this share of the rows.
BURST = 0.05
#: A value that fills in for others is at least this many times as frequent as before.
TIMES = 5.0
#: And its share grows so many times as much as that of any other: in a hot week all high temperatures are
#: more frequent.
STANDS_OUT = 3.0
#: And as much more so than any value was for a while in training: stretches cut at half their length hold
#: three quarters of the thickest at least.
CLUMPS = 1.5
LEAST_ROWS = 30


@dataclass(frozen=True)
class Rows:
    """The rows of one side that were looked at, and those of them that look wrong."""

    all: pa.Table
    wrong: pa.Table

    @classmethod
    def of(cls, table: pa.Table, wrong: np.ndarray) -> "Rows":
        """Return a table's rows, with a truth value for each."""
        return cls(table, table.filter(pa.array(wrong)))

    @property
    def share(self) -> float:
        """The share of the rows that look wrong."""
        return self.wrong.num_rows / max(self.all.num_rows, 1)


@dataclass(frozen=True)
class Fault:
    """What is wrong, and, where single rows can be told, which of the night's and the reference's look so."""

    evidence: Evidence
    rows: tuple[Rows, Rows] | None = None


def faulty(facts: Facts) -> Iterator[Fault]:
    """Yield what is wrong in the night's data themselves, column by column, then in the rows."""
    for name in facts.features:
        yield from _missing(facts, name)
    for name in facts.numbers:
        looks = (_unit, _far, _filled)
        yield from islice((fault for look in looks for fault in look(facts, name)), 1)
    yield from _twice(facts)


def _missing(facts: Facts, name: str) -> Iterator[Fault]:
    gone = len(facts.names(name)) - 1
    before, now = (
        Rows.of(spread(table), placed[name] == gone)
        for table, placed in ((facts.before, facts.placed_before), (facts.now, facts.placed))
    )
    if _burst(facts, before.share, now.share) and now.share >= 2 * before.share:
        is_now, was = percent(now.share), percent(before.share)
        sentence = f"{is_now} of the values of {name} are missing, {was} were in training."
        yield Fault(Evidence(name, sentence), (before, now))


def _unit(facts: Facts, name: str) -> Iterator[Fault]:
    before, now = facts.values(name)
    if found := another_unit(before, now):
        told = f"{percent(found.share)} of the values of {name} are {found.times}"
        yield Fault(Evidence(name, f"{told}; divided by it they look as in training."))


def _far(facts: Facts, name: str) -> Iterator[Fault]:
    """Look for values that lie many times as far off as any did: part of them in a unit that nobody names."""
    was, _ = facts.values(name)
    if not len(was) or was.min() == was.max():
        return
    middle = float(np.median(was))
    farthest = LEAST_FACTOR * float(np.abs(was - middle).max())
    before, now = (
        Rows.of(side, np.abs(numbers(side[name]) - middle) > farthest)
        for side in (spread(facts.before), spread(facts.now))
    )
    if _burst(facts, before.share, now.share):
        told = (
            f"{percent(now.share)} of the values of {name} lie more than {figure(LEAST_FACTOR)} times as far"
        )
        yield Fault(Evidence(name, f"{told} off as any did in training."), (before, now))


def _filled(facts: Facts, name: str) -> Iterator[Fault]:
    """Look for one value that stands where others should: the one whose share grew most."""
    was, known = facts.values(name)
    if not len(known):
        return
    values, counts = np.unique(known, return_counts=True)
    shares = _shares(was, values)
    value = values[(counts / len(known) - shares).argmax()]
    before, now = (
        Rows.of(side, numbers(side[name]) == value) for side in (spread(facts.before), spread(facts.now))
    )
    grown = np.sort(counts / len(known) - shares)[::-1]
    if not _burst(facts, before.share, now.share) or now.share < TIMES * before.share:
        return
    if len(grown) > 1 and grown[0] < STANDS_OUT * grown[1]:
        return
    usual = now.share - before.share <= CLUMPS * _clumped(facts, name)
    if not (usual and _in_stretches(numbers(spread(facts.now)[name]) == value)):
        is_now, once = percent(now.share), percent(before.share)
        sentence = f"{name} is {figure(value)} in {is_now} of the rows, {once} in training."
        yield Fault(Evidence(name, sentence), (before, now))


def _shares(among: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the share of each of some sorted values."""
    first, last = (np.searchsorted(np.sort(among), values, side=side) for side in ("left", "right"))
    shares: np.ndarray = (last - first) / max(len(among), 1)
    return shares


def _in_stretches(here: np.ndarray) -> bool:
    """Say whether a value stands in a few stretches, as a price of the day does, and not among others."""
    stretches = int(np.count_nonzero(np.diff(here.astype(np.int8), prepend=0) == 1))
    by_chance = len(here) * here.mean() * (1 - here.mean())
    return stretches <= max(2, by_chance / 10)


def _clumped(facts: Facts, name: str) -> float:
    """Return by how much one value was more frequent in training for a while: as prices of the day are.

    The reference is in the order of time. It is cut into stretches that last as long as a night does, each of
    which begins in the middle of another.
    """
    column = numbers(facts.before[name])
    held = max(int(facts.profile["rows"]), len(column))
    length = max(facts.now.num_rows * len(column) // held, LEAST_ROWS)
    half = -(-length // 2)
    _, values = np.unique(column, return_inverse=True)
    overall = np.bincount(values) / max(len(values), 1)
    stretches = (values[first : first + length] for first in range(0, len(values) - length, half))
    return max(
        (float((np.bincount(one, minlength=len(overall)) / length - overall).max()) for one in stretches),
        default=0.0,
    )


def _twice(facts: Facts) -> Iterator[Fault]:
    """Look for rows that came more than once, against the reference.

    Of more rows more are alike by chance: at most in proportion to their number.
    """
    before, now = (_repeated(table, facts.features) for table in (facts.before, facts.now))
    grown = max(now.all.num_rows / max(before.all.num_rows, 1), 1.0)
    was = min(before.share * grown, 1.0)
    if _burst(facts, was, now.share):
        is_now, usual = percent(now.share), percent(before.share)
        sentence = f"{is_now} of the rows repeat another in every feature, {usual} in training."
        yield Fault(Evidence("rows", sentence), (before, now))


def _repeated(table: pa.Table, features: tuple[str, ...]) -> Rows:
    return Rows.of(table, table.select(list(features)).to_pandas().duplicated().to_numpy())


def _burst(facts: Facts, before: float, now: float) -> bool:
    """Say whether a share of the rows grew by more than chance gives two such samples."""
    if now - before < BURST:
        return False
    rows, reference = facts.now.num_rows, facts.before.num_rows
    chance = chance_of_more(round(now * rows), rows, round(before * reference), reference)
    return chance <= LEVEL / len(facts.features)


def chance_of_more(now: int, rows: int, before: int, reference: int) -> float:
    """Return how often chance alone gives so many of some rows, or more (Fisher's exact test, one-sided).

    >>> round(chance_of_more(3, 4, 1, 4), 3)
    0.243
    """
    from scipy.stats import hypergeom

    return float(hypergeom.sf(now - 1, rows + reference, now + before, rows))
