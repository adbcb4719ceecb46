"""Labels: the values of a target as the text that people, answers and metrics share."""

from typing import Any

import numpy as np
import pyarrow as pa

from airlock.spec.metrics import Task


def label_of(value: Any) -> str:
    """Return the text of one class.

    >>> label_of(True), label_of(1.0), label_of(2.5), label_of("good")
    ('true', '1', '2.5', 'good')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def truth_of(table: pa.Table, target: str, task: Task) -> np.ndarray:
    """Return what really happened, one value a row: labels, or float64 numbers for a regression.

    Raises
    ------
    ValueError
        When a row has no outcome; such rows are dropped when the snapshot is taken.
    """
    column = table[target]
    if column.null_count:
        raise ValueError(
            f"{target}: {column.null_count} of {len(column)} rows have no outcome. Take them from a snapshot."
        )
    if task is Task.REGRESSION:
        return column.to_numpy().astype(np.float64)
    distinct = column.combine_chunks().dictionary_encode()
    labels = np.array([label_of(value) for value in distinct.dictionary.to_pylist()], dtype=np.str_)
    return labels[distinct.indices.to_numpy()]
