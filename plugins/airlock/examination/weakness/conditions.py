"""Conditions: the plain ways to cut rows by one column, such as `channel=partner` or `income below 1,400`."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pyarrow as pa

from airlock.package.labels import label_of
from airlock.spec import ModelSpec
from airlock.spec.columns import Kind

#: Numbers are cut into so many bins of about as many rows; fewer distinct values are taken one by one.
BINS = 5
#: Edges are rounded for people as long as no more than this share of the rows changes its bin.
MOVED = 0.01


@dataclass(frozen=True)
class Condition:
    """One way to cut the rows: the column, and the words for the rows that are meant."""

    column: str
    words: str


@dataclass(frozen=True)
class Cut:
    """All conditions, and the rows that meet each.

    Attributes
    ----------
    members
        bool, shape (rows, conditions).
    """

    conditions: tuple[Condition, ...]
    members: np.ndarray


def cut(spec: ModelSpec, rows: pa.Table, least: int) -> Cut:
    """Cut rows by every feature and protected column, one at a time.

    Categories and booleans are cut by value; numbers into the bands of the spec or else into bins of equally
    many rows, and into every run of neighbouring bins; missing values of any column stand for themselves.

    Parameters
    ----------
    spec
        The model's spec.
    rows
        A table with those columns.
    least
        A condition that fewer rows meet, or that all but fewer meet, is left out.
    """
    found: list[tuple[Condition, np.ndarray]] = []
    for name in sorted({*spec.data.features, *spec.data.protected}):
        conditions = _of_column(rows[name], spec.data.kind_of(name), spec.data.columns[name].bands)
        found += [
            (Condition(name, f"{name}{words}"), holds)
            for words, holds in conditions
            if least <= holds.sum() <= len(rows) - least
        ]
    members = np.array([holds for _, holds in found], dtype=bool).reshape(len(found), len(rows)).T
    return Cut(tuple(condition for condition, _ in found), members)


def _of_column(
    column: pa.ChunkedArray, kind: Kind | None, bands: tuple[float, ...]
) -> Iterator[tuple[str, np.ndarray]]:
    if kind is not Kind.NUMBER:
        yield from _of_values(column)
        return
    values = column.cast(pa.float64()).to_numpy()
    there = np.isfinite(values)
    yield " missing", ~there
    distinct = np.unique(values[there])
    if not bands and len(distinct) <= BINS:
        yield from _of_few(values, distinct)
    elif len(distinct):
        yield from _of_bins(values, there, np.array(bands) if bands else _edges(values[there]))


def _of_values(column: pa.ChunkedArray) -> Iterator[tuple[str, np.ndarray]]:
    coded = column.combine_chunks().dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy()
    yield " missing", codes < 0
    for code, value in enumerate(coded.dictionary.to_pylist()):
        yield f"={label_of(value)}", codes == code


def _of_few(values: np.ndarray, distinct: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    for low, high in combinations_with_replacement(distinct, 2):
        words = f" from {_spell(low)} to {_spell(high)}" if low < high else f"={_spell(low)}"
        yield words, (values >= low) & (values <= high)


def _of_bins(values: np.ndarray, there: np.ndarray, edges: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    bins = np.searchsorted(edges, values, side="right")
    ends = [None, *edges, None]
    for first, last in combinations_with_replacement(range(len(edges) + 1), 2):
        low, high = ends[first], ends[last + 1]
        if low is None and high is None:
            continue
        if low is None:
            words = f" below {_spell(high)}"
        else:
            words = f" from {_spell(low)} " + ("up" if high is None else f"to below {_spell(high)}")
        yield words, there & (bins >= first) & (bins <= last)


def _edges(values: np.ndarray) -> np.ndarray:
    """Return where the bins begin, with the fewest digits that leave hardly any row in another bin."""
    exact = np.unique(np.quantile(values, np.arange(1, BINS) / BINS))
    bins = np.searchsorted(exact, values, side="right")
    for digits in range(2, 16):
        rounded = np.array([float(f"{edge:.{digits}g}") for edge in exact])
        if np.mean(np.searchsorted(rounded, values, side="right") != bins) <= MOVED:
            return np.unique(rounded)
    return exact


def _spell(value: float) -> str:
    return f"{float(value):,}".removesuffix(".0")
