"""Counting a column's values in fixed bins: one pass over its chunks, whose counts simply add up."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

BINS = 20


@dataclass(frozen=True)
class NumberCounts:
    """How many values fell into each bin, with their moments; what is not finite is missing.

    `sums` holds for each bin the sum of its values less `origin`, `squares` the sum of all their squares.
    """

    bins: np.ndarray
    missing: int
    origin: float
    sums: np.ndarray
    squares: float
    minimum: float
    maximum: float

    def __add__(self, other: "NumberCounts") -> "NumberCounts":
        return NumberCounts(
            self.bins + other.bins,
            self.missing + other.missing,
            self.origin,
            self.sums + other.sums,
            self.squares + other.squares,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
        )

    @property
    def present(self) -> int:
        """How many values are finite numbers."""
        return int(self.bins.sum())

    @property
    def total(self) -> float:
        """The sum of the finite values less `origin`."""
        return float(self.sums.sum())

    @property
    def mean(self) -> float | None:
        """The mean of the finite values, or None where there are none."""
        return self.origin + self.total / self.present if self.present else None

    @property
    def std(self) -> float | None:
        """The standard deviation (divided by n) of the finite values, or None where there are none."""
        if not self.present:
            return None
        variance = self.squares / self.present - (self.total / self.present) ** 2
        return float(np.sqrt(max(variance, 0.0)))


def quantile_edges(values: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Return the inner edges of bins that hold about equally many of the finite values.

    Bin i holds e[i-1] < v <= e[i]. Edges are values that occur, so whole numbers get bins of their own. Where
    the smallest or largest value fills a whole bin, an empty bin is kept beyond it: otherwise a zero that
    turns negative would not be seen.

    Examples
    --------
    >>> quantile_edges(np.array([0, 0, 0, 1, 2, 3]), bins=3).round(3).tolist()
    [-0.0, 0.0, 1.0]
    >>> quantile_edges(np.arange(1, 101), bins=4).tolist()
    [25.0, 50.0, 75.0]
    """
    values = np.asarray(values, dtype=np.float64)
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return np.empty(0)
    edges = np.unique(np.quantile(finite, np.arange(1, bins) / bins, method="inverted_cdf"))
    if edges[0] == finite.min():
        edges = np.insert(edges, 0, np.nextafter(edges[0], -np.inf))
    return edges


def origin_of(edges: np.ndarray) -> float:
    """Return the value from which moments are taken, so that large numbers that differ little keep theirs."""
    return float(edges[len(edges) // 2]) if len(edges) else 0.0


def no_numbers(edges: np.ndarray) -> NumberCounts:
    """Return the counts of no value at all, to which those of chunks are added."""
    bins = len(edges) + 1
    none: np.ndarray = np.zeros(bins, dtype=np.int64)
    return NumberCounts(none, 0, origin_of(edges), np.zeros(bins), 0.0, np.inf, -np.inf)


def count_numbers(chunks: Iterable[pa.Array], edges: np.ndarray) -> NumberCounts:
    """Count the numbers of a column, chunk by chunk, in the bins between `edges`."""
    return sum((_count_chunk(chunk, edges) for chunk in chunks), start=no_numbers(edges))


def count_values(chunks: Iterable[pa.Array]) -> tuple[Counter[str], int]:
    """Count the texts (or booleans, or dictionaries of texts) of a column; return them with the missing."""
    counted: Counter[str] = Counter()
    missing = 0
    for chunk in chunks:
        words = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        places = words.indices.drop_null().to_numpy(zero_copy_only=False)
        counts = np.bincount(places, minlength=len(words.dictionary))
        for value, count in zip(words.dictionary.cast(pa.string()).to_pylist(), counts.tolist(), strict=True):
            if count:
                counted[value] += count
        missing += words.null_count
    return counted, missing


def _count_chunk(chunk: pa.Array, edges: np.ndarray) -> NumberCounts:
    values = chunk.cast(pa.float64()).to_numpy(zero_copy_only=False)
    finite = values[np.isfinite(values)]
    places, bins, origin = _places(finite, edges), len(edges) + 1, origin_of(edges)
    shifted = finite - origin
    return NumberCounts(
        np.bincount(places, minlength=bins),
        len(values) - len(finite),
        origin,
        np.bincount(places, shifted, minlength=bins),
        float(np.dot(shifted, shifted)),
        float(finite.min(initial=np.inf)),
        float(finite.max(initial=-np.inf)),
    )


def _places(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the bin of each value: how many edges lie below it.

    With so few edges, comparing all values with each of them is several times faster than searching.
    """
    places = np.zeros(len(values), dtype=np.min_scalar_type(len(edges)))
    above: np.ndarray = np.empty(len(values), dtype=bool)
    for edge in edges:
        np.greater(values, edge, out=above)
        np.add(places, above.view(np.uint8), out=places)
    return places
