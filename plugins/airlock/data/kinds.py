"""Values of any source made into the kinds a spec speaks of; what does not fit is refused by its place."""

import math
from collections.abc import Callable
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from airlock.spec.columns import Column, Kind, Role

MOMENT = pa.timestamp("us", "UTC")
#: Texts as a dictionary of the different ones, as Parquet has them.
WORDS = pa.dictionary(pa.int32(), pa.string())
MISSING_NUMBERS = pa.array(["", "na", "n/a", "nan", "-nan", "null", "none"])
YES, NO = pa.array(["true", "t", "yes", "y", "1"]), pa.array(["false", "f", "no", "n", "0"])

Convert = Callable[[pa.Array], pa.Array]


class Unfit(Exception):
    """A value, or all of them where `index` is None, is not of the kind that the spec gives its column."""

    def __init__(self, index: int | None, wrong: str, cure: str) -> None:
        super().__init__(index, wrong, cure)
        self.index = index
        self.wrong = wrong
        self.cure = cure


def convert(values: pa.Array, column: Column) -> pa.Array:
    """Return the values as float64, string, bool or timestamp[us, UTC], as the column's role and kind ask.

    A category that comes as `WORDS` stays so.

    Raises
    ------
    Unfit
        When they cannot be; carries the index of the first value that does not fit.

    Examples
    --------
    >>> number = Column(role="feature", kind="number", classification="business")
    >>> convert(pa.array(["1.5", "", "2e3"]), number).to_pylist()
    [1.5, None, 2000.0]
    >>> convert(pa.array(["1,5"]), number)
    Traceback (most recent call last):
    airlock.data.kinds.Unfit: (0, "holds '1,5', which is not a number.", ...)
    """
    wanted = column.kind if column.role not in BY_ROLE else column.role
    if wanted is Kind.CATEGORY and values.type == WORDS:
        return values
    if isinstance(values.type, pa.DictionaryType):
        values = values.dictionary_decode()
    return CONVERTERS[wanted](values)


def to_number(values: pa.Array) -> pa.Array:
    """Return finite float64 values; NaN, and the texts people write for a missing number, become null."""
    kind = values.type
    if (
        pa.types.is_null(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
    ):
        numbers = values.cast(pa.float64(), safe=False)
    elif _is_text(kind):
        trimmed = pc.utf8_trim_whitespace(values)
        missing = pc.is_in(pc.utf8_lower(trimmed), MISSING_NUMBERS)
        cure = "Mend the value, or write kind: category."
        numbers = _parsed(pc.if_else(missing, None, trimmed), pa.float64(), "is not a number", cure)
    else:
        raise Unfit(
            None, f"holds {_plain(kind)}, not numbers.", "Write the kind that fits, or select another column."
        )
    if math.isfinite(pc.sum(numbers).as_py() or 0.0):  # then each of them is
        return numbers
    numbers = pc.if_else(pc.is_nan(numbers), None, numbers)
    if (index := pc.index(pc.is_inf(numbers), True).as_py()) >= 0:
        raise Unfit(
            index, "holds infinity, which no model can learn from.", "Write a number, or leave it empty."
        )
    return numbers


def to_text(values: pa.Array) -> pa.Array:
    """Return strings; a whole number is spelled without a point, whatever type the source keeps it in.

    >>> to_text(pa.array([1.0, None, 2.5])).to_pylist()
    ['1', None, '2.5']
    """
    kind = values.type
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pa.array([_spelled(value) for value in values.cast(pa.float64()).to_pylist()], pa.string())
    if isinstance(kind, pa.UuidType):
        return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())
    if not (
        _is_text(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)
    ):
        raise Unfit(None, f"holds {_plain(kind)}, not text.", "Select it as text, or write role: ignored.")
    return values.cast(pa.string())


def to_boolean(values: pa.Array) -> pa.Array:
    """Return booleans from booleans, 0 and 1, and the words true, yes, t, y and their opposites."""
    if pa.types.is_boolean(values.type) or pa.types.is_null(values.type):
        return values.cast(pa.bool_())
    text = pc.utf8_lower(pc.utf8_trim_whitespace(to_text(values)))
    text = pc.if_else(pc.equal(text, ""), None, text)
    yes, no = pc.is_in(text, YES), pc.is_in(text, NO)
    known = pc.or_(pc.or_(yes, no), pc.is_null(text))
    if (index := pc.index(known, False).as_py()) >= 0:
        cure = "Write true or false, or write kind: category."
        raise Unfit(index, f"holds {values[index].as_py()!r}, which is neither true nor false.", cure)
    return pc.if_else(pc.is_null(text), None, yes)


def to_moment(values: pa.Array) -> pa.Array:
    """Return moments in UTC; a time without its zone could mean any of 26 hours and is refused."""
    kind = values.type
    if pa.types.is_null(kind) or (pa.types.is_timestamp(kind) and kind.tz is not None):
        return values.cast(MOMENT, safe=False)
    if _is_text(kind):
        cure = "Write it like 2026-03-01T12:30:00Z, with its zone."
        return _parsed(pc.utf8_trim_whitespace(values), MOMENT, "is not a moment", cure)
    if pa.types.is_timestamp(kind):
        cure = "Give it one: in SQL write it AT TIME ZONE 'UTC', in pandas .dt.tz_localize('UTC')."
        raise Unfit(None, "holds times without a time zone.", cure)
    cure = "Give it a time of day with a time zone, as in 2026-03-01T00:00:00Z."
    raise Unfit(None, f"holds {_plain(kind)}, not moments.", cure)


BY_ROLE = (Role.IDENTIFIER, Role.EVENT_TIME)
CONVERTERS: dict[Role | Kind | None, Convert] = {
    Kind.NUMBER: to_number,
    Kind.CATEGORY: to_text,
    Kind.BOOLEAN: to_boolean,
    Role.IDENTIFIER: to_text,
    Role.EVENT_TIME: to_moment,
}


def _parsed(texts: pa.Array, wanted: pa.DataType, wrong: str, cure: str) -> pa.Array:
    try:
        return texts.cast(wanted)
    except pa.ArrowInvalid:
        index = _first_unfit(texts, wanted)
        value = texts[index].as_py()
        if wanted is MOMENT and _is_naive(value):
            wrong = "has no time zone"
        raise Unfit(index, f"holds {value!r}, which {wrong}.", cure) from None


def _first_unfit(texts: pa.Array, wanted: pa.DataType) -> int:
    """Return the index of the first text that cannot be cast, by halving the range that holds it."""
    low, high = 0, len(texts)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            texts[low:middle].cast(wanted)
        except pa.ArrowInvalid:
            high = middle
        else:
            low = middle
    return low


def _is_naive(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _spelled(value: float | None) -> str | None:
    if value is None or value != value:
        return None
    return str(int(value)) if value.is_integer() else repr(value)


def _plain(kind: pa.DataType) -> str:
    """Return how people call the values of an Arrow type."""
    tests = {
        "true-or-false values": pa.types.is_boolean,
        "times": pa.types.is_timestamp,
        "days": pa.types.is_date,
        "text": _is_text,
        "numbers": lambda one: (
            pa.types.is_integer(one) or pa.types.is_floating(one) or pa.types.is_decimal(one)
        ),
    }
    return next((name for name, test in tests.items() if test(kind)), f"{kind} values")
