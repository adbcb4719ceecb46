"""Labels: the values of a target as the text that people, answers and metrics share."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from airlock.package.signature import Signature
from airlock.spec.metrics import Task

if TYPE_CHECKING:
    import pyarrow as pa


class WrongOutcome(ValueError):
    """A value is nothing that a model can answer."""


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


def outcome_of(signature: Signature, value: bool | float | str) -> str:
    """Return what somebody says came true as text: one of the model's classes, or a number.

    Raises
    ------
    WrongOutcome
        When it is neither; the message says what the model answers.

    Examples
    --------
    >>> loans = Signature("loans", Task.BINARY, (), classes=("false", "true"), positive="true")
    >>> outcome_of(loans, True), outcome_of(loans, " false ")
    ('true', 'false')
    >>> outcome_of(loans, "yes")
    Traceback (most recent call last):
    airlock.package.labels.WrongOutcome: is none of the model's classes, which are false, true.
    >>> outcome_of(Signature("rent", Task.REGRESSION, ()), "712.50")
    '712.5'
    """
    if signature.task is not Task.REGRESSION:
        label = label_of(value).strip()
        if label not in signature.classes:
            raise WrongOutcome(f"is none of the model's classes, which are {', '.join(signature.classes)}.")
        return label
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise WrongOutcome("is no finite number, which this model answers.")
    return repr(number)


def truth_of(table: "pa.Table", target: str, task: Task) -> np.ndarray:
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
