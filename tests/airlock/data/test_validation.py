"""Validation: Great Expectations decides; what could not be checked has failed."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from airlock.data.suite import Expectation, Suite
from airlock.data.validation import Check, ValidationResult, validate
from airlock.data.validation_page import page
from airlock.settings import ROOT

TABLE = pa.table(
    {
        "id": ["a", "b", "c", "d"],
        "income": pa.array([1000.0, 2000.0, None, 400_000.0]),
        "channel": ["web", "web", "fax<script>", None],
        "urban": pa.array([True, None, False, True]),
        "empty": pa.nulls(4, pa.float64()),
        "made_at": pa.array(
            [datetime(2026, 3, day, tzinfo=UTC) for day in range(1, 5)], pa.timestamp("us", "UTC")
        ),
    }
)


def suite_of(*entries: tuple[str, dict[str, Any]], severity: str = "critical") -> Suite:
    return Suite("own", tuple(Expectation(f"expect_{name}", kwargs, severity) for name, kwargs in entries))


def check(name: str, **kwargs: Any) -> Check:
    """Validate one expectation on the table."""
    (one,) = validate(TABLE, suite_of((name, kwargs))).checks
    return one


def test_a_check_says_what_was_expected_and_what_was_found() -> None:
    assert check("column_values_to_be_between", column="income", min_value=100, max_value=40_000) == Check(
        expectation="expect_column_values_to_be_between",
        column="income",
        severity="critical",
        success=False,
        sentence="income values must be between 100 and 40,000.",
        observed="1 of 4 unexpected",
        unexpected_count=1,
        unexpected_share=pytest.approx(1 / 3),
        examples=("400,000",),
    )


@pytest.mark.parametrize(
    "name, kwargs, success, observed",
    [
        ("column_values_to_be_unique", {"column": "id"}, True, "0 of 4 unexpected"),
        ("column_values_to_not_be_null", {"column": "urban"}, False, "1 of 4 unexpected"),
        ("column_values_to_not_be_null", {"column": "urban", "mostly": 0.7}, True, "1 of 4 unexpected"),
        (
            "column_values_to_be_in_set",
            {"column": "channel", "value_set": ["web"]},
            False,
            "1 of 4 unexpected",
        ),
        (
            "column_values_to_be_in_set",
            {"column": "urban", "value_set": [True, False]},
            True,
            "0 of 4 unexpected",
        ),
        ("column_mean_to_be_between", {"column": "income", "max_value": 8000}, False, "134,333"),
        ("column_mean_to_be_between", {"column": "urban", "min_value": 0.1}, True, "0.666667"),
        ("table_row_count_to_be_between", {"min_value": 4}, True, "4"),
        (
            "table_columns_to_match_set",
            {"column_set": ["id", "age"], "exact_match": False},
            False,
            "channel, empty, id, income, made_at, urban",
        ),
        ("compound_columns_to_be_unique", {"column_list": ["id", "channel"]}, True, "0 of 4 unexpected"),
        (
            "column_pair_values_a_to_be_greater_than_b",
            {"column_A": "income", "column_B": "income"},
            False,
            "3 of 4 unexpected",
        ),
        (
            "column_quantile_values_to_be_between",
            {"column": "income", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[1, 9]]}},
            False,
            "2,000",
        ),
        (
            "column_max_to_be_between",
            {"column": "made_at", "min_value": "2026-03-04T00:00:00+00:00"},
            True,
            "2026-03-04 00:00:00+00:00",
        ),
    ],
)
def test_great_expectations_decides(name: str, kwargs: dict[str, Any], success: bool, observed: str) -> None:
    found = check(name, **kwargs)
    assert (found.success, found.observed) == (success, observed)


@pytest.mark.parametrize(
    "name, kwargs, why",
    [
        ("column_values_to_not_be_null", {"column": "age"}, "the data have no column 'age'"),
        ("column_pair_values_to_be_equal", {"column_A": "id", "column_B": "age"}, "no column 'age'"),
        ("compound_columns_to_be_unique", {"column_list": ["id", "age"]}, "no column 'age'"),
        ("column_mean_to_be_between", {"column": "id", "min_value": 0}, ""),
        ("column_values_to_be_between", {"column": "channel", "min_value": 0}, ""),
        ("column_values_to_be_between", {"column": "empty", "min_value": 0}, "all 4 values are missing"),
    ],
)
def test_what_cannot_be_checked_has_failed(name: str, kwargs: dict[str, Any], why: str) -> None:
    found = check(name, **kwargs)
    assert not found.success
    assert found.observed.startswith("not checked: ")
    assert len(found.observed) > len("not checked: ")
    assert why in found.observed
    assert found.unexpected_count is None


def test_a_mean_of_nothing_has_failed() -> None:
    assert not check("column_mean_to_be_between", column="empty", min_value=0).success


def test_no_rows_fail_every_expectation() -> None:
    result = validate(TABLE.slice(0, 0), suite_of(("table_row_count_to_be_between", {"min_value": 0})))
    assert not result.success
    assert result.checks[0].observed == "not checked: there are no rows"


def test_one_broken_expectation_leaves_the_others_alone_and_the_order_stands() -> None:
    suite = suite_of(
        ("column_values_to_be_unique", {"column": "id"}),
        ("column_mean_to_be_between", {"column": "id", "min_value": 0}),
        ("column_values_to_not_be_null", {"column": "age"}),
        ("column_values_to_not_be_null", {"column": "id"}),
        ("column_values_to_be_unique", {"column": "id"}),
    )
    result = validate(TABLE, suite)
    assert [one.success for one in result.checks] == [True, False, False, True, True]
    assert [one.expectation for one in result.checks] == [one.type for one in suite.expectations]


def test_only_critical_failures_stop_a_training() -> None:
    entries = (("column_values_to_not_be_null", {"column": "channel"}),)
    for severity, critical in (("critical", 1), ("warning", 0), ("info", 0)):
        result = validate(TABLE, suite_of(*entries, severity=severity))
        assert not result.success
        assert len(result.failed_critical) == critical


def test_some_columns_only() -> None:
    suite = suite_of(
        ("column_values_to_not_be_null", {"column": "income"}),
        ("column_values_to_not_be_null", {"column": "id"}),
        ("compound_columns_to_be_unique", {"column_list": ["id", "channel"]}),
        ("table_row_count_to_be_between", {"min_value": 1}),
    )
    assert [one.column for one in validate(TABLE, suite, columns=["id", "channel"]).checks] == [
        "id",
        "id, channel",
    ]


def test_nothing_to_check_is_no_success() -> None:
    result = validate(TABLE, suite_of(("column_values_to_not_be_null", {"column": "id"})), columns=[])
    assert result.checks == ()
    assert not result.success


def test_the_result_is_json() -> None:
    result = validate(TABLE, suite_of(("column_mean_to_be_between", {"column": "income", "max_value": 8000})))
    again = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert (again["suite"], again["rows"], again["success"]) == ("own", 4, False)
    assert again["checks"][0]["sentence"] == "income mean must be at most 8,000."


def test_the_page_shows_every_check_and_escapes_what_it_shows() -> None:
    entries = (
        ("column_values_to_be_in_set", {"column": "channel", "value_set": ["web"]}),
        ("column_values_to_be_unique", {"column": "id"}),
    )
    html = page(validate(TABLE, suite_of(*entries)), "Data of <b>loans</b>")
    assert "Failed" in html
    assert "1 of 2 expectations are not met, 1 of them critical." in html
    assert "fax&lt;script&gt;" in html
    assert "<script" not in html
    assert "Data of &lt;b&gt;loans&lt;/b&gt;" in html
    assert "id values must be unique." in html
    assert "http" not in html


@pytest.mark.parametrize(
    "checks, words",
    [
        ((), "Nothing was checked."),
        ((("critical", True),), "All 1 expectations are met."),
        ((("warning", False), ("critical", True)), "Passed with warnings"),
    ],
)
def test_the_page_tells_the_verdict(checks: tuple[tuple[str, bool], ...], words: str) -> None:
    made = tuple(Check("expect_a", "a", severity, success, "A.", "1") for severity, success in checks)
    assert words in page(ValidationResult("own", 4, made), "Title")


def test_great_expectations_stays_silent_and_leaves_nothing_behind(tmp_path: Path) -> None:
    code = (
        "import logging; logging.basicConfig(level=logging.DEBUG)\n"
        "import pyarrow as pa\n"
        "from airlock.data.suite import Expectation, Suite\n"
        "from airlock.data.validation import validate\n"
        "one = Expectation('expect_column_values_to_be_unique', {'column': 'a'}, 'info')\n"
        "validate(pa.table({'a': [1]}), Suite('own', (one,)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT / "plugins",
        env={**os.environ, "TMPDIR": str(tmp_path)},
        check=True,
    )
    assert done.stdout == ""
    assert [
        line for line in done.stderr.splitlines() if "great_expectations" in line or "Calculating" in line
    ] == []


def test_of_few_rows_a_column_may_be_without_a_value() -> None:
    suite = suite_of(("column_values_to_be_between", {"column": "empty", "min_value": 0}))
    (strict,), (lenient,) = (validate(TABLE, suite, few=few).checks for few in (False, True))
    assert (strict.success, lenient.success) == (False, True)
    assert strict.observed == lenient.observed == "not checked: all 4 values are missing"
    assert not validate(
        TABLE, suite_of(("column_values_to_not_be_null", {"column": "empty"})), few=True
    ).success
