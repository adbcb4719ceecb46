"""The columns of what a person gave, in types that a spec knows, under names that it can use."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.onboarding.errors import OnboardingError
from airlock.onboarding.given import Given
from airlock.onboarding.looks import Look, look_at, typed
from airlock.onboarding.roles import key_among
from airlock.spec.columns import TAKEN_NAMES

ROW_NUMBER = "row_number"
#: How a moment that says its zone ends.
ZONE = r":\d\d(\.\d+)?\s*(Z|[+-]\d\d(:?\d\d)?)\s*$"


@dataclass(frozen=True)
class Columns:
    """Typed columns, what each looks like, and what was done to them.

    Attributes
    ----------
    table
        Moments in UTC, numbers int64 or float64, texts, booleans.
    called
        By the name that a column has here the one it has in the source.
    unreadable
        The columns whose values no spec knows: lists, bytes, times of day.
    zoneless
        The columns of moments that came without a zone and were taken for UTC.
    numbers
        The column that counts the rows, where nothing in the source names them.
    """

    table: pa.Table
    called: Mapping[str, str]
    unreadable: tuple[str, ...]
    zoneless: frozenset[str]
    numbers: str | None = None

    @cached_property
    def looks(self) -> tuple[Look, ...]:
        """What each column looks like."""
        return tuple(look_at(name, _flat(self.table[name])) for name in self.table.column_names)

    @property
    def medians(self) -> dict[str, float]:
        """Return the median of each column of moments, in microseconds since 1970."""
        return {
            look.name: float(np.median(_flat(self.table[look.name]).drop_null().cast(pa.int64()).to_numpy()))
            for look in self.looks
            if look.moments
        }


def columns_of(given: Given, target: str) -> Columns:
    """Return what was given as columns that a spec can speak of; of a file, its rows numbered where needed.

    Raises
    ------
    OnboardingError
        When the target is not among them, or nothing is beside it.
    """
    names = given.rows.column_names
    if target not in names:
        wrong = f"{given.called} has no column {target!r}."
        raise OnboardingError("TARGET", wrong, f"It has: {', '.join(names)}.")
    found, called, zoneless = dict[str, pa.Array](), dict[str, str](), set[str]()
    for name in names:
        column = typed(given.rows[name])
        if column is None:
            continue
        here = _free(f"{name}_given", names) if name in TAKEN_NAMES and name != target else name
        found[here], called[here] = column, name
        if pa.types.is_timestamp(column.type) and not _has_zone(given.rows[name]):
            zoneless.add(here)
    if target not in found:
        wrong = f"{target!r} holds {given.rows[target].type}, which no model predicts."
        raise OnboardingError("TARGET", wrong, "Name a column of numbers, texts or booleans.")
    unreadable = tuple(name for name in names if name not in called.values())
    columns = Columns(pa.table(found), called, unreadable, frozenset(zoneless))
    named = key_among(columns.looks, target) is not None
    return columns if named or given.database is not None else _numbered(columns)


def _numbered(columns: Columns) -> Columns:
    """Return columns with one more at the front, which counts the rows."""
    name = _free(ROW_NUMBER, columns.called)
    counts = pa.array(np.arange(1, columns.table.num_rows + 1))
    return replace(columns, table=columns.table.add_column(0, name, counts), numbers=name)


def _free(name: str, taken: Container[str]) -> str:
    """Return a name that no other column has.

    >>> _free("score_given", ["score", "score_given"])
    'score_given_'
    """
    while name in taken:
        name += "_"
    return name


def _has_zone(raw: pa.ChunkedArray) -> bool:
    if pa.types.is_timestamp(raw.type):
        return raw.type.tz is not None
    if not pa.types.is_string(raw.type):
        return False
    stated = raw.drop_null()
    return bool(pc.all(pc.match_substring_regex(stated, ZONE)).as_py())


def _flat(column: pa.ChunkedArray) -> pa.Array:
    flat = column.combine_chunks()
    return flat.combine_chunks() if isinstance(flat, pa.ChunkedArray) else flat
