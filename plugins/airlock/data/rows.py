"""Rows at fault: which of them break the critical expectations that speak of every single row."""

from collections.abc import Mapping

import pyarrow as pa

from airlock.data.gx import exception, results
from airlock.data.suite import Expectation, Suite, great_expectations
from airlock.data.validation import Check, ValidationResult

COMPLETE = {"result_format": "COMPLETE", "partial_unexpected_count": 0}

#: They hold a value against the others of its column: whether it is at fault changes with the rows around it.
RELATIVE = (
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_decreasing",
    "expect_column_value_z_scores_to_be_less_than",
)


def speaks_of_rows(expectation: Expectation) -> bool:
    """Whether every row must meet it by itself, however many others there are.

    That a value is unique is said of all rows that share it: each of them breaks it.

    >>> speaks_of_rows(Expectation("expect_column_values_to_not_be_null", {"column": "age"}, "critical"))
    True
    >>> share = {"column": "age", "mostly": 0.9}
    >>> speaks_of_rows(Expectation("expect_column_values_to_not_be_null", share, "critical"))
    False
    """
    great_expectations()
    from great_expectations.expectations.expectation import (
        ColumnMapExpectation,
        ColumnPairMapExpectation,
        MulticolumnMapExpectation,
    )
    from great_expectations.expectations.registry import get_expectation_impl

    return (
        expectation.kwargs.get("mostly", 1) == 1
        and expectation.type not in RELATIVE
        and issubclass(
            get_expectation_impl(expectation.type),
            (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation),
        )
    )


def broken_by(table: pa.Table, suite: Suite, result: ValidationResult) -> dict[int, tuple[int, ...]]:
    """Return which rows break each failed critical expectation that speaks of rows: they may be set aside.

    An expectation that could not be checked, or whose rows Great Expectations does not name one by one, is
    not among them: its check stays failed for the whole table.

    Parameters
    ----------
    result
        What `validate` said of this table and the whole suite.

    Returns
    -------
    dict
        The indices of rows, by the expectation's place in the suite.
    """
    wanted = {
        place: expectation
        for place, (expectation, check) in enumerate(zip(suite.expectations, result.checks, strict=True))
        if not check.success
        and check.unexpected_count
        and expectation.severity == "critical"
        and speaks_of_rows(expectation)
    }
    found = {}
    for place, one in results(table, suite.name, wanted, COMPLETE):
        rows = one.result.get("unexpected_index_list") if not exception(one) else None
        if rows is not None and len(rows) == result.checks[place].unexpected_count:
            found[place] = tuple(sorted(rows))
    return found


def reasons(broken: Mapping[int, tuple[int, ...]], checks: tuple[Check, ...]) -> dict[int, tuple[str, ...]]:
    """Return why each row is at fault, by its index: the sentences of what it breaks, in suite order."""
    why: dict[int, list[str]] = {}
    for place in sorted(broken):
        for row in broken[place]:
            why.setdefault(row, []).append(checks[place].sentence)
    return {row: tuple(why[row]) for row in sorted(why)}
