"""What a column looks like: what its values are, how many differ, how many are missing."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.data.kinds import MOMENT, Unfit, to_number
from airlock.spec.columns import Kind

#: The values of a category are listed where there are no more.
MOST_VALUES = 30
#: The quantiles between which the bulk of a number lies.
BULK = (0.005, 0.995)
#: Larger whole numbers are not kept exactly by a float64.
EXACT = 2**53
#: A code such as 007 is no number.
CODE = r"^[+-]?0\d"
ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


@dataclass(frozen=True)
class Look:
    """One column.

    Attributes
    ----------
    kind
        What its values are; None for moments, and where there are none.
    missing, most
        The share of the rows without a value, and of the rows with the most frequent one.
    values
        Its different values and how many rows have each, the most frequent first; none where there are many.
    bulk
        Between which two numbers all but a hundredth of it lies.
    whole
        Whether all its numbers are whole.
    sequence
        Whether it counts the rows without a gap.
    addresses
        Whether most of its texts are e-mail addresses.
    """

    name: str
    kind: Kind | None
    moments: bool
    rows: int
    missing: float
    distinct: int
    most: float
    values: tuple[tuple[str, int], ...] = ()
    bulk: tuple[float, float] = (0.0, 0.0)
    whole: bool = False
    sequence: bool = False
    addresses: bool = False

    @property
    def unique(self) -> bool:
        """Whether each row has one, and no two the same."""
        return self.missing == 0 and self.distinct == self.rows


def typed(values: pa.ChunkedArray) -> pa.Array | None:
    """Return a column in the type that its values are of; None where a spec knows no such values.

    Text becomes a number or a moment where every value is one. A moment without a zone is taken for UTC.

    >>> [typed(pa.chunked_array([texts])).to_pylist() for texts in (["1", "2", ""], ["01", "2", ""])]
    [[1, 2, None], ['01', '2', None]]
    """
    array = values.combine_chunks()
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if isinstance(array.type, pa.DictionaryType):
        array = array.dictionary_decode()
    kind = array.type
    if pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return array
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _number(array)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return array.cast(MOMENT if getattr(kind, "tz", None) else pa.timestamp("us"), safe=False).cast(
            MOMENT
        )
    if isinstance(kind, pa.UuidType):
        return pa.array([None if value is None else str(value) for value in array.to_pylist()], pa.string())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _understood(array.cast(pa.string()))
    return None


def look_at(name: str, array: pa.Array) -> Look:
    """Look at one column, as `typed` returns it."""
    stated = array.drop_null()
    if pa.types.is_string(array.type):
        stated = stated.filter(pc.not_equal(stated, ""))
    rows, counts = len(array), pc.value_counts(stated)
    counts = counts.take(pc.sort_indices(counts.field("counts"), sort_keys=[("", "descending")]))
    number = pa.types.is_integer(array.type) or pa.types.is_floating(array.type)
    moments = pa.types.is_timestamp(array.type)
    return Look(
        name=name,
        kind=_kind(array.type) if len(stated) and not moments else None,
        moments=moments and len(stated) > 0,
        rows=rows,
        missing=1 - len(stated) / rows,
        distinct=len(counts),
        most=counts.field("counts")[0].as_py() / len(stated) if len(stated) else 0.0,
        values=_values(counts),
        bulk=_bulk(stated) if number and len(stated) else (0.0, 0.0),
        whole=pa.types.is_integer(array.type),
        sequence=pa.types.is_integer(array.type) and len(stated) == rows == len(counts) == _span(stated),
        addresses=pa.types.is_string(array.type)
        and len(stated) > 0
        and pc.mean(pc.match_substring_regex(stated, ADDRESS)).as_py() > 0.5,
    )


def _number(array: pa.Array) -> pa.Array | None:
    try:
        numbers = to_number(array)
    except Unfit:
        return None
    stated = numbers.drop_null()
    whole = len(stated) > 0 and pc.all(pc.equal(stated, pc.floor(stated))).as_py()
    return numbers.cast(pa.int64()) if whole and pc.max(pc.abs(stated)).as_py() < EXACT else numbers


def _understood(texts: pa.Array) -> pa.Array:
    """Return text as the numbers, booleans or moments that it spells."""
    trimmed = pc.utf8_trim_whitespace(texts)
    stated = pc.if_else(pc.equal(trimmed, ""), None, trimmed)
    if stated.null_count == len(stated):
        return pa.nulls(len(stated))
    code = pc.any(pc.match_substring_regex(stated, CODE)).as_py()
    if not code and (numbers := _number(stated)) is not None:
        return numbers
    lower = pc.utf8_lower(stated)
    if pc.all(pc.is_in(lower.drop_null(), pa.array(["true", "false"]))).as_py():
        return pc.equal(lower, "true")
    for kind in (MOMENT, pa.timestamp("us")):
        try:
            return stated.cast(kind).cast(MOMENT)
        except pa.ArrowInvalid:
            continue
    return stated


def _kind(kind: pa.DataType) -> Kind:
    if pa.types.is_boolean(kind):
        return Kind.BOOLEAN
    return Kind.CATEGORY if pa.types.is_string(kind) else Kind.NUMBER


def _values(counts: pa.StructArray) -> tuple[tuple[str, int], ...]:
    if len(counts) > MOST_VALUES or pa.types.is_timestamp(counts.field("values").type):
        return ()
    return tuple((_spelled(one["values"]), one["counts"]) for one in counts.to_pylist())


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bulk(stated: pa.Array) -> tuple[float, float]:
    low, high = np.quantile(stated.to_numpy(zero_copy_only=False).astype(np.float64), BULK)
    return float(low), float(high)


def _span(stated: pa.Array) -> int:
    found = pc.min_max(stated).as_py()
    return int(found["max"]) - int(found["min"]) + 1
