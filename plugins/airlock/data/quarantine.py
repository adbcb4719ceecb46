"""Quarantine: rows at fault are set aside, unless a person has released them, and the others go on."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from airlock.data.validation import ValidationResult
from airlock.digests import digest_of

State = Literal["held", "released", "dropped"]


class Settled(Protocol):
    """What a person decided about a row, as far as it is to be found again."""

    @property
    def row_digest(self) -> str:
        """The row's digest."""

    @property
    def entity_key(self) -> str | None:
        """What its entity key said."""

    @property
    def state(self) -> State:
        """Released or dropped."""


@dataclass(frozen=True)
class FaultyRow:
    """A row that breaks expectations, or was dropped before.

    Attributes
    ----------
    place
        Its index in the snapshot.
    row_digest
        The digest of its content. Of rows that are the same in every value each has one of its own, by
        their number: two of a kind are two rows, and one of them may be dropped.
    reasons
        What it breaks, in sentences.
    """

    place: int
    entity_key: str | None
    row_digest: str
    row: Mapping[str, Any]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Quarantine:
    """What becomes of a snapshot's rows at fault.

    Attributes
    ----------
    rows
        How many the snapshot has.
    allowed
        The share of them that may be held: the spec's `data.quarantine.share`.
    held, released, dropped
        Those that wait for a person, those that go on since a person said so, those that a person took out.
    """

    rows: int
    allowed: float
    held: tuple[FaultyRow, ...] = ()
    released: tuple[FaultyRow, ...] = ()
    dropped: tuple[FaultyRow, ...] = ()

    @property
    def share(self) -> float:
        """The share of the snapshot's rows that is held; dropped ones do not count, for they are decided."""
        return len(self.held) / self.rows if self.rows else 0.0

    @property
    def exceeded(self) -> bool:
        """Whether more is held than the spec lets through."""
        return self.share > self.allowed

    @property
    def kept(self) -> tuple[int, ...]:
        """The indices of the rows that go on."""
        out = {row.place for row in (*self.held, *self.dropped)}
        return tuple(place for place in range(self.rows) if place not in out)

    def rest(self, table: pa.Table) -> pa.Table:
        """Return the rows of the snapshot's table that go on."""
        return table.take(pa.array(self.kept, pa.int64()))

    @property
    def reasons(self) -> tuple[tuple[str, int], ...]:
        """What the held rows break and how many do, the most first; a row with two reasons counts in both."""
        counts = Counter(reason for row in self.held for reason in row.reasons)
        return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))

    @property
    def sentence(self) -> str:
        """How many rows are held, beside how many may be; empty where none is.

        >>> row = FaultyRow(0, "A-1", "d" * 64, {}, ("age must be over 18.",))
        >>> Quarantine(rows=200, allowed=0.01, held=(row,)).sentence
        '1 of 200 rows (0.5 %) is held, and up to 1 % may be.'
        """
        if not self.held:
            return ""
        verb = "is" if len(self.held) == 1 else "are"
        return (
            f"{len(self.held):,} of {self.rows:,} rows ({_percent(self.share)}) {verb} held, "
            f"and {f'up to {_percent(self.allowed)}' if self.allowed else 'none'} may be."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the figures, without a single value of a row, as a JSON value."""
        return {
            "held": len(self.held),
            "released": len(self.released),
            "dropped": len(self.dropped),
            "share": self.share,
            "allowed": self.allowed,
            "reasons": [{"sentence": sentence, "rows": rows} for sentence, rows in self.reasons],
        }


def quarantine(
    table: pa.Table,
    reasons: Mapping[int, tuple[str, ...]],
    settled: Iterable[Settled],
    *,
    entity_key: str,
    allowed: float,
) -> Quarantine:
    """Tell the rows at fault apart by what people have decided about them.

    Parameters
    ----------
    reasons
        What each row at fault breaks, by its index.
    settled
        What people decided. A dropped row stays out even when it breaks nothing any more; a released row
        goes on whatever it breaks.
    """
    decisions = tuple(settled)
    states = {one.row_digest: one.state for one in decisions}
    suspects = sorted({*reasons, *_with_key_of_a_dropped(table, decisions, entity_key)})
    groups: dict[State, list[FaultyRow]] = {"held": [], "released": [], "dropped": []}
    for row in _rows(table, suspects, reasons, entity_key):
        state = states.get(row.row_digest, "held")
        if row.reasons or state == "dropped":
            groups[state].append(row)
    return Quarantine(table.num_rows, allowed, *(tuple(groups[state]) for state in groups))


def forgive(
    result: ValidationResult, broken: Mapping[int, Collection[int]], released: Collection[int]
) -> ValidationResult:
    """Return the result with those checks passed that nothing but released rows fail.

    Parameters
    ----------
    broken
        The rows that break a failed check, by the check's place, as `airlock.data.rows.broken_by` finds them.
    released
        The rows that a person has released.
    """
    checks = list(result.checks)
    for place, rows in broken.items():
        if set(rows) <= set(released):
            words = f"{checks[place].observed}, all of them released by a person"
            checks[place] = replace(checks[place], success=True, observed=words)
    return replace(result, checks=tuple(checks))


def _with_key_of_a_dropped(table: pa.Table, settled: Iterable[Settled], key: str) -> list[int]:
    """Return the rows that may be dropped ones, so that not every row must be digested."""
    keys = {one.entity_key for one in settled if one.state == "dropped"}
    if not keys:
        return []
    among = pc.is_in(table[key], pa.array(sorted(name for name in keys if name is not None), pa.string()))
    if None in keys:
        among = pc.or_(among, pc.is_null(table[key]))
    found: list[int] = pc.indices_nonzero(among).to_pylist()
    return found


def _rows(
    table: pa.Table, places: list[int], reasons: Mapping[int, tuple[str, ...]], key: str
) -> Iterable[FaultyRow]:
    seen: Counter[str] = Counter()
    for place, values in zip(places, table.take(pa.array(places, pa.int64())).to_pylist(), strict=True):
        row = {name: _plain(value) for name, value in values.items()}
        content = digest_of(row)
        seen[content] += 1
        digest = digest_of({"row": content, "copy": seen[content]})
        yield FaultyRow(place, row[key], digest, row, tuple(reasons.get(place, ())))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
