"""Rows at fault: Great Expectations names them, for the expectations that speak of every single row."""

from typing import Any

import pyarrow as pa
import pytest

from airlock.data.rows import broken_by, reasons, speaks_of_rows
from airlock.data.suite import Expectation, Suite
from airlock.data.validation import validate

TABLE = pa.table(
    {
        "id": ["a", "b", "b", "d", None],
        "channel": ["web", "fax", "web", None, "web"],
        "income": pa.array([1000.0, 2000.0, None, 400_000.0, 5.0]),
        "debt": pa.array([0.0, 3000.0, 4.0, 1.0, None]),
        "empty": pa.nulls(5, pa.float64()),
    }
)


def suite_of(*entries: tuple[str, dict[str, Any]], severity: str = "critical") -> Suite:
    return Suite("own", tuple(Expectation(f"expect_{name}", kwargs, severity) for name, kwargs in entries))


def broken(*entries: tuple[str, dict[str, Any]], severity: str = "critical") -> dict[int, tuple[int, ...]]:
    suite = suite_of(*entries, severity=severity)
    return broken_by(TABLE, suite, validate(TABLE, suite))


@pytest.mark.parametrize(
    "name, kwargs, rows",
    [
        ("column_values_to_not_be_null", {"column": "income"}, (2,)),
        ("column_values_to_be_between", {"column": "income", "min_value": 100, "max_value": 40_000}, (3, 4)),
        (
            "column_values_to_be_between",
            {"column": "income", "min_value": 1500, "mostly": 1.0},
            (0, 4),
        ),
        ("column_values_to_be_in_set", {"column": "channel", "value_set": ["web"]}, (1,)),
        ("column_values_to_match_regex", {"column": "channel", "regex": "^w"}, (1,)),
        ("column_pair_values_a_to_be_greater_than_b", {"column_A": "income", "column_B": "debt"}, (1, 2, 4)),
        (
            "column_values_to_be_between",
            {
                "column": "income",
                "min_value": 3000,
                "row_condition": {
                    "type": "comparison",
                    "column": {"name": "channel"},
                    "operator": "==",
                    "parameter": "web",
                },
            },
            (0, 4),
        ),
    ],
)
def test_great_expectations_names_the_rows(name: str, kwargs: dict[str, Any], rows: tuple[int, ...]) -> None:
    assert broken((name, kwargs)) == {0: rows}


def test_every_one_of_the_doubles_is_at_fault() -> None:
    table = pa.table({"id": ["a", "b", "b", "b"], "day": [1, 1, 1, 2]})
    suite = suite_of(
        ("column_values_to_be_unique", {"column": "id"}),
        ("compound_columns_to_be_unique", {"column_list": ["id", "day"]}),
    )
    assert broken_by(table, suite, validate(table, suite)) == {0: (1, 2, 3), 1: (1, 2)}


@pytest.mark.parametrize(
    "name, kwargs",
    [
        ("column_values_to_not_be_null", {"column": "income", "mostly": 0.9}),
        ("column_mean_to_be_between", {"column": "income", "max_value": 10}),
        ("table_row_count_to_be_between", {"min_value": 10}),
        ("column_values_to_be_increasing", {"column": "income"}),
        ("column_value_z_scores_to_be_less_than", {"column": "income", "threshold": 1, "double_sided": True}),
    ],
)
def test_what_speaks_of_shares_or_of_the_whole_sets_no_row_aside(name: str, kwargs: dict[str, Any]) -> None:
    suite = suite_of((name, kwargs))
    assert not speaks_of_rows(suite.expectations[0])
    result = validate(TABLE, suite)
    assert not result.success
    assert broken_by(TABLE, suite, result) == {}


@pytest.mark.parametrize("severity", ["warning", "info"])
def test_a_warning_sets_no_row_aside(severity: str) -> None:
    assert broken(("column_values_to_not_be_null", {"column": "income"}), severity=severity) == {}


@pytest.mark.parametrize(
    "name, kwargs",
    [
        ("column_values_to_be_between", {"column": "channel", "min_value": 0}),
        ("column_values_to_be_between", {"column": "empty", "min_value": 0}),
        ("column_values_to_not_be_null", {"column": "age"}),
        ("column_values_to_be_of_type", {"column": "income", "type_": "str"}),
    ],
)
def test_what_cannot_be_checked_row_by_row_stays_failed_for_the_whole_table(
    name: str, kwargs: dict[str, Any]
) -> None:
    suite = suite_of((name, kwargs))
    result = validate(TABLE, suite)
    assert len(result.failed_critical) == 1
    assert broken_by(TABLE, suite, result) == {}


def test_a_row_has_every_reason_in_the_order_of_the_suite() -> None:
    suite = suite_of(
        ("column_values_to_be_unique", {"column": "id"}),
        ("column_values_to_not_be_null", {"column": "debt"}),
        ("column_values_to_be_between", {"column": "income", "min_value": 100, "max_value": 1500}),
    )
    result = validate(TABLE, suite)
    unique, given, between = (check.sentence for check in result.checks)
    assert reasons(broken_by(TABLE, suite, result), result.checks) == {
        1: (unique, between),
        2: (unique,),
        3: (between,),
        4: (given, between),
    }
