"""Data faults of one column: another unit, a burst of missing values, one value too often; and rows twice."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from airlock.monitoring.sentences import figure, percent
from airlock.triage.cause import Evidence
from airlock.triage.expectation import LEVEL, Expected, movements
from airlock.triage.facts import MOST_ROWS, Facts, numbers, spread

#: What a number is multiplied by when somebody mistakes its unit, and what one would call it.
UNITS = {100.0: "cents", 1000.0: "thousandths", 12.0: "a year for a month", 60.0: "minutes for hours"}
#: A burst moves at least this share of the rows.
BURST = 0.05
#: A value that fills in for others is at least this many times as frequent as before.
TIMES = 5.0
LEAST_ROWS = 30
PARTS = 10
ROUNDS = 200


@dataclass(frozen=True)
class Rows:
    """The rows of one side that were looked at, and those of them that look wrong."""

    all: pa.Table
    wrong: pa.Table

    @classmethod
    def of(cls, table: pa.Table, wrong: np.ndarray) -> "Rows":
        """Return a table's rows, with a truth value for each."""
        return cls(table, table.filter(pa.array(wrong)))


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
        yield from _unit(facts, name)
        yield from _filled(facts, name)
    yield from _twice(facts)


def _missing(facts: Facts, name: str) -> Iterator[Fault]:
    gone = len(facts.names(name)) - 1
    before, now = (
        Rows.of(spread(table), placed[name] == gone)
        for table, placed in ((facts.before, facts.placed_before), (facts.now, facts.placed))
    )
    was, is_now = (rows.wrong.num_rows / max(rows.all.num_rows, 1) for rows in (before, now))
    if _burst(facts, was, is_now) and is_now >= 2 * was:
        sentence = f"{percent(is_now)} of the values of {name} are missing, {percent(was)} were in training."
        yield Fault(Evidence(name, sentence), (before, now))


def _filled(facts: Facts, name: str) -> Iterator[Fault]:
    """Look for one value that stands where others should."""
    before, now = facts.values(name)
    if not len(now):
        return
    values, counts = np.unique(now, return_counts=True)
    value = values[counts.argmax()]
    was, is_now = float((before == value).mean()) if len(before) else 0.0, counts.max() / len(now)
    if _burst(facts, was, is_now) and is_now >= TIMES * was:
        sentence = f"{name} is {figure(value)} in {percent(is_now)} of the rows, {percent(was)} in training."
        sides = (spread(table) for table in (facts.before, facts.now))
        was_so, is_so = (Rows.of(side, numbers(side[name]) == value) for side in sides)
        yield Fault(Evidence(name, sentence), (was_so, is_so))


def _unit(facts: Facts, name: str) -> Iterator[Fault]:
    """Look for a share of the values that lies where the reference's would, in another unit.

    The night is taken for a mixture of the reference and of the reference times a factor; the share is the
    most likely one. It is a fault where the mixture leaves nothing to explain and the reference alone does.
    """
    before, now = facts.values(name)
    if min(len(before), len(now)) < LEAST_ROWS:
        return
    for unit, word in UNITS.items():
        for factor in (unit, 1 / unit):
            share = _share_in_unit(before, now, factor)
            if share * len(now) >= LEAST_ROWS / 3 and share >= BURST / 2:
                times = figure(factor) if factor > 1 else f"1/{figure(unit)}"
                sentence = (
                    f"{percent(share)} of the values of {name} are {times} times as large as they should be, "
                    f"as {word} would be; divided by it they look as in training."
                )
                yield Fault(Evidence(name, sentence))
                return


def _share_in_unit(before: np.ndarray, now: np.ndarray, factor: float) -> float:
    cuts = np.arange(1, PARTS) / PARTS
    edges = np.unique(np.append(np.quantile(before, cuts), np.quantile(before * factor, cuts)))
    counts = _parts(now, edges)
    alone, other = (Expected.of(_parts(values, edges)) for values in (before, before * factor))
    (one,) = movements({"alone": counts}, {"alone": alone})
    if not one.moved:
        return 0.0
    share = mixing_share(counts, alone.shares, other.shares)
    (both,) = movements({"mixed": counts}, {"mixed": alone.mixed(other, share)})
    return 0.0 if both.moved or both.psi > one.psi / 4 else share


def _parts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Count values between edges; nothing is unseen or missing here, for which two empty places stand."""
    counts: np.ndarray = np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 3)
    return counts


def mixing_share(counts: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """Return the most likely share of rows that come from `other` where the rest come from `one`.

    Expectation and maximisation over the places' counts.

    References
    ----------
    Saerens, Latinne, Decaestecker: Adjusting the outputs of a classifier to new a priori probabilities,
    Neural Computation 14, 2002.

    Examples
    --------
    >>> one, other = np.array([0.9, 0.1]), np.array([0.1, 0.9])
    >>> round(mixing_share(np.array([50, 50]), one, other), 2)
    0.5
    """
    share, rows = 0.5, counts.sum()
    for _ in range(ROUNDS):
        belongs = share * other / ((1 - share) * one + share * other)
        share = float(np.dot(counts, belongs) / rows)
    return share


def _twice(facts: Facts) -> Iterator[Fault]:
    """Look for rows that came more than once, against as many of the reference."""
    rows = min(facts.before.num_rows, facts.now.num_rows, MOST_ROWS)
    before, now = (_repeated(table.slice(0, rows), facts.features) for table in (facts.before, facts.now))
    was, is_now = before.wrong.num_rows / max(rows, 1), now.wrong.num_rows / max(rows, 1)
    if _burst(facts, was, is_now):
        sentence = (
            f"{percent(is_now)} of the rows repeat another in every feature, {percent(was)} in training."
        )
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
