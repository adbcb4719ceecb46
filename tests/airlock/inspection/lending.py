"""Rows for inspections: the small world of loans, with parts of it replaced."""

from typing import Any

import numpy as np
import pyarrow as pa

from airlock.inspection.check import Check
from airlock.inspection.rows import Rows
from tests.airlock.loans import loan_spec, loans

NUMBER = {"role": "feature", "kind": "number", "classification": "business"}
#: Enough other features to stand beside one.
OTHERS = ("first", "second", "third", "fourth")


def replaced(table: pa.Table, **columns: Any) -> pa.Table:
    """Return the table with columns replaced or added."""
    for name, values in columns.items():
        array = values if isinstance(values, pa.Array) else pa.array(values)
        place = table.column_names.index(name) if name in table.column_names else None
        table = table.append_column(name, array) if place is None else table.set_column(place, name, array)
    return table


def rows_with(table: pa.Table | None = None, *, number: int = 1000, **spec: Any) -> Rows:
    """Return loans as rows to be checked."""
    return Rows(loan_spec(**spec), loans(number) if table is None else table)


def by_key(checks: list[Check] | tuple[Check, ...]) -> dict[str, Check]:
    """Return checks by their keys, each of which is there once."""
    found = {check.key: check for check in checks}
    assert len(found) == len(checks)
    return found


def failed(checks: list[Check] | tuple[Check, ...]) -> list[str]:
    """Return the keys of the checks that failed."""
    return [check.key for check in checks if not check.passed]


def beside_others(table: pa.Table, **features: Any) -> tuple[pa.Table, dict[str, Any]]:
    """Return the table with four features of noise and those given, and the spec's columns for them."""
    draw = np.random.default_rng(5)
    noise = {name: draw.normal(size=len(table)) for name in OTHERS}
    return replaced(table, **noise, **features), dict.fromkeys((*OTHERS, *features), NUMBER)
