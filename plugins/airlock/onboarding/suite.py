"""The suite proposed from the data: what holds now, with room for what may honestly come."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airlock.onboarding.looks import Look
from airlock.onboarding.roles import FEW_VALUES, Guess
from airlock.spec.columns import Kind, Role

#: So much beyond the bulk of a number is let through, as a part of its width.
ROOM = 0.5
#: The share of a column's values that must be as expected: a bulk leaves out one in a hundred.
MOSTLY = 0.98
#: A table that shrinks to less than this part has lost its feed.
FEWEST_ROWS = 0.5

Entry = dict[str, Any]


def propose(name: str, found: Sequence[Guess], *, key: str, rows: int) -> dict[str, Any]:
    """Return a Great Expectations suite that speaks of every column which is read."""
    entries = [
        _entry("expect_table_row_count_to_be_between", {"min_value": int(rows * FEWEST_ROWS)}),
        _entry("expect_column_values_to_be_unique", {"column": key}),
    ]
    for guess in found:
        if guess.role is not Role.IGNORED:
            entries.append(_presence(guess, required=guess.look.name == key))
            entries += _values(guess)
    return {"name": name, "expectations": entries}


def _presence(guess: Guess, *, required: bool) -> Entry:
    kind, column = "expect_column_values_to_not_be_null", {"column": guess.look.name}
    if required or guess.role in (Role.EVENT_TIME, Role.TARGET):
        return _entry(kind, column)
    if guess.look.missing == 0:
        return _entry(kind, {**column, "mostly": MOSTLY})
    # Twice as many may be missing before somebody is told.
    mostly = max(round(1 - 2 * guess.look.missing - (1 - MOSTLY), 2), 0.01)
    return _entry(kind, {**column, "mostly": mostly}, "warning")


def _values(guess: Guess) -> Iterator[Entry]:
    look = guess.look
    if guess.kind is Kind.NUMBER:
        low, high = _room(look)
        bounds = {"column": look.name, "min_value": low, "max_value": high, "mostly": MOSTLY}
        yield _entry("expect_column_values_to_be_between", bounds)
    elif guess.kind is Kind.CATEGORY and look.values:
        known = {"column": look.name, "value_set": sorted(value for value, _ in look.values)}
        room = {} if guess.role is Role.TARGET else {"mostly": MOSTLY}
        yield _entry("expect_column_values_to_be_in_set", {**known, **room})


def _room(look: Look) -> tuple[float, float]:
    """Return between which numbers values are expected: a scale with few steps as it is, others wider.

    >>> _room(Look("income", Kind.NUMBER, False, 99, 0.0, 90, 0.1, bulk=(100.0, 2100.0)))
    (0.0, 3100.0)
    """
    low, high = look.bulk
    if look.whole and look.distinct <= FEW_VALUES:
        return low, high
    room = ROOM * (high - low)
    return (max(low - room, 0.0) if low >= 0 else low - room), high + room


def _entry(kind: str, kwargs: Mapping[str, Any], severity: str = "critical") -> Entry:
    return {"type": kind, "kwargs": dict(kwargs), "severity": severity}
