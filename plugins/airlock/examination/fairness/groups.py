"""Protected groups: every row's group by each protected column, as small whole numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.package.labels import label_of
from airlock.spec import ModelSpec
from airlock.spec.columns import Kind

#: The group of the rows that do not say.
NOT_STATED = "not stated"
#: Where a category has more values than this, the rarest are one group together.
MOST_GROUPS = 30


@dataclass(frozen=True)
class Grouping:
    """The groups of one protected column.

    Attributes
    ----------
    groups
        The groups' names: bands in their order, other values by the alphabet, `NOT_STATED` last.
    codes
        int64, shape (rows,): each row's group, as its place in `groups`.
    """

    attribute: str
    groups: tuple[str, ...]
    codes: np.ndarray


def groupings(spec: ModelSpec, rows: pa.Table) -> tuple[Grouping, ...]:
    """Return the groups of every protected column, in the spec's order."""
    return tuple(
        numbers(name, rows[name], spec.data.columns[name].bands)
        if spec.data.kind_of(name) is Kind.NUMBER
        else values(name, rows[name])
        for name in spec.data.protected
    )


def numbers(attribute: str, column: pa.ChunkedArray, bands: Sequence[float] = ()) -> Grouping:
    """Cut numbers into groups.

    Parameters
    ----------
    attribute
        The column's name.
    column
        Numbers; what is not finite is missing too.
    bands
        Where groups begin, rising; absent: the quartiles of the column.

    Examples
    --------
    >>> cut = numbers("age", pa.chunked_array([[20, 25, 39.5, None, 60]]), bands=[25, 40])
    >>> [cut.groups[code] for code in cut.codes]
    ['under 25', '25 to 40', '25 to 40', 'not stated', '40 and over']
    """
    found = column.cast(pa.float64()).to_numpy()
    stated = np.isfinite(found)
    edges = np.array(bands, dtype=np.float64) if bands else _quartiles(found[stated])
    codes = np.where(stated, np.searchsorted(edges, found, side="right"), len(edges) + 1)
    names = _bands([f"{edge:,.12g}" for edge in edges])
    return Grouping(attribute, (*names, NOT_STATED) if not stated.all() else names, codes)


def values(attribute: str, column: pa.ChunkedArray) -> Grouping:
    """Group categories or booleans by their values; an empty text is a missing value.

    >>> found = values("sex", pa.chunked_array([["m", None, "f", ""]]))
    >>> found.groups, found.codes.tolist()
    (('f', 'm', 'not stated'), [1, 2, 0, 2])
    """
    distinct = column.combine_chunks().dictionary_encode()
    texts = [label_of(value) for value in distinct.dictionary.to_pylist()] + [NOT_STATED]
    names = np.array([text or NOT_STATED for text in texts], dtype=object)
    places = pc.fill_null(distinct.indices, len(names) - 1).to_numpy(zero_copy_only=False).astype(np.int64)
    names = _joined(names, np.bincount(places, minlength=len(names)))
    occurring = set(names[np.bincount(places, minlength=len(names)) > 0])
    groups = sorted(occurring - {NOT_STATED}) + [NOT_STATED] * (NOT_STATED in occurring)
    code = {group: place for place, group in enumerate(groups)}
    return Grouping(attribute, tuple(groups), np.array([code.get(name, 0) for name in names])[places])


def _quartiles(found: np.ndarray) -> np.ndarray:
    """Return the quartiles, but for one that is the smallest value, below which there is nobody."""
    if not len(found):
        return np.empty(0)
    edges = np.unique(np.quantile(found, [0.25, 0.5, 0.75]))
    return edges[edges > found.min()]


def _bands(edges: Sequence[str]) -> tuple[str, ...]:
    if not edges:
        return ("stated",)
    between = [f"{low} to {high}" for low, high in zip(edges, edges[1:], strict=False)]
    return (f"under {edges[0]}", *between, f"{edges[-1]} and over")


def _joined(names: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the values' names, with one name for all of the rarest where there are too many."""
    stated = np.flatnonzero((rows > 0) & (names != NOT_STATED))
    if len(stated) <= MOST_GROUPS:
        return names
    often = stated[np.argsort(-rows[stated], kind="stable")]
    rare = often[MOST_GROUPS - 1 :]
    joined = names.copy()
    joined[rare] = f"{len(rare):,} rarer values"
    return joined
