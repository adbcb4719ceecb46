"""Origin: the source that the wrong rows of a fault come from, where all come from one."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass

import pyarrow as pa

from airlock.monitoring.bins import places
from airlock.monitoring.sentences import percent
from airlock.triage.cause import Evidence
from airlock.triage.expectation import DOUBT, LEVEL
from airlock.triage.facts import Facts
from airlock.triage.faults import Fault, chance_of_more
from airlock.triage.source import ELSEWHERE, LEAST_BEFORE, LEAST_OTHERS, MOST_SOURCES


@dataclass(frozen=True)
class Counts:
    """How many rows of the night and of the reference look wrong, of how many."""

    wrong: int
    rows: int
    wrong_before: int
    rows_before: int

    @property
    def excess(self) -> float:
        """How many more look wrong than the reference leads one to expect."""
        return self.wrong - self.rows * self.wrong_before / max(self.rows_before, 1)

    @property
    def chance(self) -> float:
        """How often chance alone gives so many."""
        return chance_of_more(self.wrong, self.rows, self.wrong_before, self.rows_before)

    def without(self, part: "Counts") -> "Counts":
        """Return the counts of all other rows."""
        return Counts(*(mine - theirs for mine, theirs in zip(astuple(self), astuple(part), strict=True)))


def origin(facts: Facts, fault: Fault) -> tuple[str, Evidence] | None:
    """Return the source that the wrong rows come from, as `channel=partner`, with the evidence, or None.

    More of a source's rows look wrong than chance explains, and of all others hardly any more than before. Of
    several that fit, as where one source is a part of another, it is the one with most of them.
    """
    sources = list(_sources(facts, fault))
    found = [
        (inside.excess, name, inside, others)
        for name, inside, others in sources
        if inside.chance <= LEVEL / len(sources)
        and others.chance > DOUBT
        and others.excess <= ELSEWHERE * inside.excess
    ]
    if not found:
        return None
    _, name, inside, others = max(found, key=lambda each: each[0])
    sentence = (
        f"Of the rows of {name} {percent(inside.wrong / inside.rows)} are so, of all others "
        f"{percent(others.wrong / others.rows)}."
    )
    return name, Evidence(name, sentence)


def _sources(facts: Facts, fault: Fault) -> Iterator[tuple[str, Counts, Counts]]:
    """Yield each source with its counts and those of all others."""
    if fault.rows is None:
        return
    before, now = fault.rows
    sides = (now.wrong, now.all, before.wrong, before.all)
    everywhere = Counts(*(side.num_rows for side in sides))
    for column in facts.categories:
        names = facts.names(column)[:-2]
        if len(names) > MOST_SOURCES:
            continue
        counted = [_counted(facts, column, side) for side in sides]
        for place, name in enumerate(names):
            inside = Counts(*(counts[place] for counts in counted))
            others = everywhere.without(inside)
            if inside.rows_before >= LEAST_BEFORE and others.rows >= LEAST_OTHERS:
                yield f"{column}={name}", inside, others


def _counted(facts: Facts, column: str, rows: pa.Table) -> list[int]:
    return facts.counts(places(rows[column], facts.described[column]), column).tolist()
