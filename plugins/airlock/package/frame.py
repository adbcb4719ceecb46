"""The one way from rows to what a pipeline takes, used for training and for every answer alike."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from airlock.package.signature import MISSING_CATEGORY
from airlock.spec.columns import Kind

ARROW_TYPES = {Kind.NUMBER: pa.float64(), Kind.CATEGORY: pa.string(), Kind.BOOLEAN: pa.bool_()}


def frame(table: pa.Table, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """Return the features of a table as a pipeline takes them, and nothing else of it.

    Parameters
    ----------
    table
        Rows with at least the columns named by `kinds`.
    kinds
        What each feature holds; numbers and booleans become float64 with NaN where missing, categories
        become text with `MISSING_CATEGORY` where missing.
    """
    return pd.DataFrame(columns_of(table, kinds), columns=list(kinds), copy=False)


def columns_of(table: pa.Table, kinds: Mapping[str, Kind]) -> dict[str, np.ndarray]:
    """Return the features of a table one by one, each as `frame` has it."""
    return {name: _values(table[name], kind) for name, kind in kinds.items()}


def table_of(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, Kind]) -> pa.Table:
    """Return rows that came one by one as a table; a missing key is an error, a None is a missing value."""
    return pa.table(
        {name: pa.array([row[name] for row in rows], type=ARROW_TYPES[kind]) for name, kind in kinds.items()}
    )


def _values(column: pa.ChunkedArray, kind: Kind) -> Any:
    if kind is Kind.CATEGORY:
        return pc.fill_null(column.cast(pa.string()), MISSING_CATEGORY).to_numpy(zero_copy_only=False)
    numbers = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    return numbers.cast(pa.float64()).to_numpy(zero_copy_only=False)
