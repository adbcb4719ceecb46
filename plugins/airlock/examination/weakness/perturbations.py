"""Perturbations: seeded changes to rows that are likely to happen to them, and that should change little."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.examination.subject import Subject
from airlock.package.signature import Signature
from airlock.spec.columns import Kind

#: Numbers are moved by a draw with this many of the feature's standard deviations.
NOISE = 0.1
#: This share of the cells loses its value, and this share of the categories becomes one never seen.
LOST, REPLACED = 0.1, 0.1
UNSEEN = "never seen"


def noise(subject: Subject, draw: np.random.Generator) -> pa.Table:
    """Move every number by a normal draw with a tenth of its feature's standard deviation."""
    rows = subject.rows
    for name in of_kind(subject.predictor.signature, Kind.NUMBER):
        values = numbers(rows, name)
        rows = with_column(rows, name, values + NOISE * spread(values) * draw.standard_normal(len(rows)))
    return rows


def missing_values(subject: Subject, draw: np.random.Generator) -> pa.Table:
    """Take each value of each feature away with a chance of one in ten."""
    rows = subject.rows
    for name in subject.predictor.signature.kinds:
        lost = pa.array(draw.random(len(rows)) < LOST)
        column = rows[name].combine_chunks()
        rows = with_column(rows, name, pc.if_else(lost, pa.scalar(None, column.type), column))
    return rows


def unseen_categories(subject: Subject, draw: np.random.Generator) -> pa.Table:
    """Replace each category, with a chance of one in ten, by one that was never seen."""
    rows = subject.rows
    for name in of_kind(subject.predictor.signature, Kind.CATEGORY):
        column = rows[name].combine_chunks().cast(pa.string())
        replaced = pc.and_(pa.array(draw.random(len(rows)) < REPLACED), column.is_valid())
        new = _new(categories(subject, name))
        rows = with_column(rows, name, pc.if_else(replaced, new, column))
    return rows


def categories(subject: Subject, name: str) -> list[str]:
    """Return the values of a category that training or the hold-out has, sorted."""
    known = {value for feature in subject.predictor.signature.features if feature.name == name
             for value in feature.categories}  # fmt: skip
    here = pc.unique(subject.rows[name].cast(pa.string()).drop_null())
    return sorted(known.union(here.to_pylist()))


def of_kind(signature: Signature, *kinds: Kind) -> list[str]:
    """Return the features that hold one of the kinds."""
    return [name for name, kind in signature.kinds.items() if kind in kinds]


def numbers(rows: pa.Table, name: str) -> np.ndarray:
    """Return a column as float64 with NaN where there is none."""
    return rows[name].cast(pa.float64()).to_numpy()


def spread(values: np.ndarray) -> float:
    """Return the standard deviation of the values that are there; 0 where none is."""
    there = values[np.isfinite(values)]
    return float(there.std()) if len(there) else 0.0


def with_column(rows: pa.Table, name: str, values: np.ndarray | pa.Array) -> pa.Table:
    """Return the rows with other values in one column; a NaN is a missing value."""
    column = pa.array(values, from_pandas=True) if isinstance(values, np.ndarray) else values
    return rows.set_column(rows.column_names.index(name), name, column)


def _new(seen: Collection[str]) -> str:
    """Return a category that is none of those seen.

    >>> _new({"own", "never seen"})
    'never seen!'
    """
    word = UNSEEN
    while word in seen:
        word += "!"
    return word
