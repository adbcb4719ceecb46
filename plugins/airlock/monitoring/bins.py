"""The bins of a described column: one place for each row, so that any set of rows is counted alike."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.spec.columns import Kind


def counts_of(described: Mapping[str, Any]) -> np.ndarray:
    """Return a description's own counts: its bins or values, what is neither, the missing.

    Parameters
    ----------
    described
        What `airlock.monitoring.profile.describe` wrote of a column.

    Examples
    --------
    >>> counts_of({"kind": "category", "values": {"web": 7, "branch": 2}, "other": 0, "missing": 1}).tolist()
    [7, 2, 0, 1]
    """
    if described["kind"] == Kind.NUMBER:
        return np.array([*described["counts"], 0, described["missing"]])
    return np.array([*described["values"].values(), described["other"], described["missing"]])


def names_of(described: Mapping[str, Any]) -> list[str]:
    """Return what stands at each place of `counts_of`; a bin of numbers has no name."""
    if described["kind"] == Kind.NUMBER:
        return ["" for _ in described["counts"]] + ["", "missing"]
    return [*described["values"], "other", "missing"]


def places(column: pa.ChunkedArray, described: Mapping[str, Any]) -> np.ndarray:
    """Return for each row of a column the place where `counts_of` counts it.

    Raises
    ------
    pyarrow.ArrowException
        When the column holds something else than what is described.
    """
    last = len(counts_of(described)) - 1
    if described["kind"] == Kind.NUMBER:
        values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        found = np.searchsorted(np.array(described["edges"]), values, side="left")
        return np.where(np.isfinite(values), found, last)
    texts = column.cast(pa.string()).combine_chunks()
    known = pc.index_in(texts, value_set=pa.array(list(described["values"]), pa.string()))
    found = known.fill_null(last - 1).to_numpy(zero_copy_only=False)
    return np.where(texts.is_null().to_numpy(zero_copy_only=False), last, found)


def cross_counts(groups: np.ndarray, places: np.ndarray, *, shape: tuple[int, int]) -> np.ndarray:
    """Return how many rows each group has at each place.

    >>> cross_counts(np.array([0, 0, 1]), np.array([2, 2, 0]), shape=(2, 3)).tolist()
    [[0, 0, 2], [1, 0, 0]]
    """
    return np.bincount(groups * shape[1] + places, minlength=shape[0] * shape[1]).reshape(shape)
