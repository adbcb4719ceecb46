"""Data faults of one column: another unit, a burst of missing values, one value too often; and rows twice."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from airlock.monitoring.sentences import figure, percent
from airlock.triage.cause import Evidence
from airlock.triage.expectation import LEVEL, Expected, movements
from airlock.triage.facts import Facts, numbers, spread

#: What a number is multiplied by when somebody mistakes its unit, and what one would call it.
UNITS = {100.0: "cents", 1000.0: "thousandths", 12.0: "a year for a month", 60.0: "minutes for hours"}
#: A burst moves at least this share of the rows.
BURST = 0.05
#: A value that fills in for others is at least this many times as frequent as before.
TIMES = 5.0
#: And as much more so than any value was for a while in training: stretches cut at half their length hold
#: three quarters of the thickest at least.
CLUMPS = 1.5
#: A factor that nobody has a name for is a unit where it is at least this large: people do not earn ten times
#: as much overnight, all of them alike.
LEAST_FACTOR = 10.0
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
        yield from _unit(facts, name)
        yield from _filled(facts, name)
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
    if not _burst(facts, before.share, now.share) or now.share < TIMES * before.share:
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


def _unit(facts: Facts, name: str) -> Iterator[Fault]:
    """Look for a share of the values that lies where the reference's would, in another unit.

    The night is taken for a mixture of the reference and of the reference times a factor; the share is the
    most likely one. It is a fault where the mixture leaves nothing to explain and the reference alone does.
    """
    before, now = facts.values(name)
    if min(len(before), len(now)) < LEAST_ROWS:
        return
    for factor, times in _factors(before, now):
        share = _share_in_unit(before, now, factor)
        if share * len(now) >= LEAST_ROWS / 3 and share >= BURST / 2:
            told = f"{percent(share)} of the values of {name} are {times}"
            yield Fault(Evidence(name, f"{told}; divided by it they look as in training."))
            return


def _factors(before: np.ndarray, now: np.ndarray) -> Iterator[tuple[float, str]]:
    """Yield what values may have been multiplied by, in words: known units, then what their middle says."""
    for unit, word in UNITS.items():
        for factor, times in ((unit, figure(unit)), (1 / unit, f"1/{figure(unit)}")):
            yield factor, f"{times} times as large as they should be, as {word} would be"
    was, is_now = float(np.median(before)), float(np.median(now))
    if was * is_now > 0 and not 1 / LEAST_FACTOR < is_now / was < LEAST_FACTOR:
        yield is_now / was, f"{figure(is_now / was)} times as large as they should be"


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
