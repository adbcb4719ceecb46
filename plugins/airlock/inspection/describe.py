"""Descriptions: what each column holds, and who is in the rows."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.examination.fairness.groups import Grouping
from airlock.inspection.rows import Rows
from airlock.package.labels import label_of
from airlock.spec import Task
from airlock.spec.columns import Kind, Role

MOST_VALUES = 5
#: A value of fewer rows than this could name a person, and is not written down.
FEWEST_ROWS = 5


def described_columns(rows: Rows) -> tuple[dict[str, Any], ...]:
    """Describe every column that was read: what the spec says of it, and what its values are."""
    return tuple(_column(rows, name) for name in rows.spec.data.read)


def described_groups(rows: Rows) -> tuple[dict[str, Any], ...]:
    """Describe every protected group: its rows, its share here and in the population, its outcomes.

    `label_rate` is the share of the positive class, or the mean target of a regression; of many classes
    there is none. Groups that the population names and the rows lack are there, with no rows.
    """
    return tuple(
        _group(rows, grouping, group)
        for grouping in rows.groupings
        for group in dict.fromkeys((*grouping.groups, *_population(rows, grouping.attribute)))
    )


def _column(rows: Rows, name: str) -> dict[str, Any]:
    column = rows.spec.data.columns[name]
    values = rows.stated(name)
    return {
        "name": name,
        "role": column.role.value,
        "kind": column.kind and column.kind.value,
        "classification": column.classification.value,
        "description": column.description,
        "unit": column.unit,
        "missing": 1 - len(values) / len(rows),
        "distinct": pc.count_distinct(values).as_py(),
        **_values(values, column.role, column.kind),
    }


def _values(values: pa.Array, role: Role, kind: Kind | None) -> dict[str, Any]:
    if role is Role.IDENTIFIER or not len(values):
        return {}
    if role is Role.EVENT_TIME:
        return {name: moment.isoformat() for name, moment in pc.min_max(values).as_py().items()}
    if kind is Kind.NUMBER:
        numbers = values.to_numpy().astype(np.float64)
        figures = {
            "min": numbers.min(),
            "max": numbers.max(),
            "mean": numbers.mean(),
            "median": np.median(numbers),
        }
        return {name: float(figure) for name, figure in figures.items()}
    counted = sorted(
        ((label_of(one["values"]), one["counts"]) for one in pc.value_counts(values).to_pylist()),
        key=lambda one: (-one[1], one[0]),
    )
    often = [[value, count / len(values)] for value, count in counted if count >= FEWEST_ROWS]
    return {"top": often[:MOST_VALUES]}


def _group(rows: Rows, grouping: Grouping, group: str) -> dict[str, Any]:
    inside: np.ndarray = np.zeros(len(rows), dtype=bool)
    if group in grouping.groups:
        inside = grouping.codes == grouping.groups.index(group)
    members = int(inside.sum())
    return {
        "attribute": grouping.attribute,
        "group": group,
        "rows": members,
        "share": members / len(rows),
        "population": _population(rows, grouping.attribute).get(group),
        "label_rate": _label_rate(rows, inside) if members else None,
    }


def _label_rate(rows: Rows, inside: np.ndarray) -> float | None:
    if rows.spec.task is Task.MULTICLASS:
        return None
    values = rows.truth if rows.spec.task is Task.REGRESSION else rows.truth == rows.positive
    return float(values[inside].mean())


def _population(rows: Rows, attribute: str) -> dict[str, float]:
    return rows.spec.data.inspection.population.get(attribute, {})
