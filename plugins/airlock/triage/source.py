"""One bad source: what moved moved in the rows of one value of one column, and nowhere else."""

from collections.abc import Iterator

import numpy as np

from airlock.monitoring.sentences import figure, percent
from airlock.triage.cause import Evidence
from airlock.triage.expectation import LEVEL, Expected, Movement, moved, movements
from airlock.triage.facts import Facts

#: The night's rows of a source, and of all others together: with fewer, calm says nothing.
LEAST_ROWS, LEAST_OTHERS = 30, 100
#: The reference's rows of a source must tell its habits.
LEAST_BEFORE = 100
#: Sources that split the night into more parts than this are none.
MOST_SOURCES = 20
#: A feed breaks few columns; where more than this share of them moved, other people come by that source.
FEW = 1 / 3
#: What moved in a source moved less than this part of it in the rows of the others.
ELSEWHERE = 0.1
#: A feed that breaks leaves little alike: twice the index that is called a significant change (Siddiqi 2006).
LEAST_PSI = 0.5


def bad_source(facts: Facts) -> tuple[str, tuple[Evidence, ...]] | None:
    """Return the one source that is not as it was while the others are, as `channel=partner`, or None."""
    sources = list(_sources(facts))
    found = [
        (sum(one.psi for one in broken), f"{column}={facts.names(column)[place]}", broken, inside)
        for column, place in sources
        for broken, inside in _broken(facts, column, place, level=LEVEL / len(sources))
    ]
    if not found:
        return None
    _, name, broken, rows = max(found, key=lambda each: each[0])
    share = percent(rows / facts.now.num_rows)
    told = tuple(
        Evidence(
            one.column, f"In the rows of {name}, {one.column} has shifted: PSI {figure(one.psi)} among them."
        )
        for one in broken
    )
    calm = Evidence(name, f"{name} is {share} of the night's rows; in the others nothing has moved.")
    return name, (*told, calm)


def _sources(facts: Facts) -> Iterator[tuple[str, int]]:
    for column in facts.categories:
        places = len(facts.names(column)) - 2
        if places <= MOST_SOURCES:
            yield from ((column, place) for place in range(places))


def _broken(facts: Facts, column: str, place: int, *, level: float) -> Iterator[tuple[list[Movement], int]]:
    """Yield the columns that a source broke, with its rows; nothing where the others moved as well."""
    inside, inside_before = (placed[column] == place for placed in (facts.placed, facts.placed_before))
    rows, others = int(inside.sum()), int((~inside).sum())
    if rows < LEAST_ROWS or others < LEAST_OTHERS or inside_before.sum() < LEAST_BEFORE:
        return
    there = _movements(facts, column, inside, inside_before)
    names = [one.column for one in there if one.psi >= LEAST_PSI and one.p_value <= level]
    if not names or len(names) > max(FEW * (len(facts.features) - 1), 1):
        return
    elsewhere = {one.column: one for one in _movements(facts, column, ~inside, ~inside_before)}
    broken = [one for one in there if one.column in names]
    if moved(tuple(elsewhere.values())):
        return
    if all(elsewhere[one.column].psi <= ELSEWHERE * one.psi for one in broken):
        yield broken, rows


def _movements(facts: Facts, source: str, now: np.ndarray, before: np.ndarray) -> tuple[Movement, ...]:
    columns = [name for name in facts.features if name != source]
    return movements(
        {name: facts.counts(facts.placed[name][now], name) for name in columns},
        {name: Expected.of(facts.counts(facts.placed_before[name][before], name)) for name in columns},
    )
