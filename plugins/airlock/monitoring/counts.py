"""Counting a column's values in fixed bins: one pass over its chunks, whose counts simply add up."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BINS = 20


@dataclass(frozen=True)
class NumberCounts:
    """How many values fell into each bin, and their moments about `origin`; what is not finite is missing."""

    bins: np.ndarray
    missing: int
    origin: float
    total: float
    squares: float
    minimum: float
    maximum: float

    def __add__(self, other: "NumberCounts") -> "NumberCounts":
        return NumberCounts(
            self.bins + other.bins,
            self.missing + other.missing,
            self.origin,
            self.total + other.total,
            self.squares + other.squares,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
        )

    @property
    def present(self) -> int:
        """How many values are finite numbers."""
        return int(self.bins.sum())

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


def count_numbers(chunks: Iterable[pa.Array], edges: np.ndarray) -> NumberCounts:
    """Count the numbers of a column, chunk by chunk, in the bins between `edges`."""
    origin = float(edges[len(edges) // 2]) if len(edges) else 0.0
    counted = NumberCounts(np.zeros(len(edges) + 1, dtype=np.int64), 0, origin, 0.0, 0.0, np.inf, -np.inf)
    for chunk in chunks:
        counted += _count_chunk(chunk, edges, origin)
    return counted


def count_values(chunks: Iterable[pa.Array]) -> tuple[Counter[str], int]:
    """Count the texts (or booleans) of a column, chunk by chunk; return them with the number missing."""
    counted: Counter[str] = Counter()
    missing = 0
    for chunk in chunks:
        texts = chunk.cast(pa.string())
        missing += texts.null_count
        for entry in pc.value_counts(texts.drop_null()).to_pylist():
            counted[entry["values"]] += entry["counts"]
    return counted, missing


def _count_chunk(chunk: pa.Array, edges: np.ndarray, origin: float) -> NumberCounts:
    values = chunk.cast(pa.float64()).to_numpy(zero_copy_only=False)
    finite = values[np.isfinite(values)]
    bins = np.bincount(np.searchsorted(edges, finite, side="left"), minlength=len(edges) + 1)
    shifted = finite - origin
    return NumberCounts(
        bins,
        len(values) - len(finite),
        origin,
        float(shifted.sum()),
        float(np.dot(shifted, shifted)),
        float(finite.min(initial=np.inf)),
        float(finite.max(initial=-np.inf)),
    )
