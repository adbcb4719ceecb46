"""Doubles: entities that come more than once among rows that are never in memory together."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_AT_ONCE = 65_536


class Fingerprints:
    """Eight bytes for each key that was seen: equal keys have equal ones, others almost never."""

    def __init__(self) -> None:
        self._seen: list[np.ndarray] = []

    def add(self, keys: pa.Array) -> None:
        """See keys."""
        self._seen.append(fingerprints(keys))

    def repeated(self) -> np.ndarray:
        """Return the fingerprints that were seen more than once, ascending; what was seen is forgotten."""
        together = np.concatenate([np.empty(0, np.uint64), *self._seen])
        self._seen = []
        together.sort()
        return np.unique(together[1:][together[1:] == together[:-1]])


def fingerprints(keys: pa.Array) -> np.ndarray:
    """Return the fingerprint of each key, uint64."""
    return pd.util.hash_array(keys.to_numpy(zero_copy_only=False), categorize=False)


def doubles(files: Iterable[Path], column: str, repeated: np.ndarray) -> list[str]:
    """Return the keys in a column of Parquet files that truly come more than once, sorted.

    Only those whose fingerprint was seen more than once can, so only those are held.
    """
    if not len(repeated):
        return []
    seen = Counter(key for keys in keys_of(files, column) for key in _with(keys, repeated))
    return sorted(key for key, times in seen.items() if times > 1)


def keys_of(files: Iterable[Path], column: str) -> Iterator[pa.Array]:
    """Yield the values of one column of Parquet files, a piece at a time."""
    for file in files:
        for batch in pq.ParquetFile(file, pre_buffer=False).iter_batches(ROWS_AT_ONCE, columns=[column]):
            yield batch.column(0)


def _with(keys: pa.Array, repeated: np.ndarray) -> list[str]:
    return keys.filter(pa.array(np.isin(fingerprints(keys), repeated))).to_pylist()
