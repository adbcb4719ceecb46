"""Suite files: what Great Expectations would skip or stumble over is told by file and entry."""

import json
from pathlib import Path
from typing import Any

import pytest

from airlock.data.suite import load_suite
from airlock.spec import SpecError

NOT_NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a"}}


@pytest.mark.parametrize(
    "content, said",
    [
        ("{", "file: is not JSON"),
        ("[]", "file: is not an object"),
        ('{"expectations": [NaN]}', "file: is not JSON: NaN is no JSON number"),
        ({"expectations": []}, "expectations: is not a list with entries"),
        (
            {"expectation": [NOT_NULL]},
            "expectation: is not a key of Great Expectations. Did you mean 'expectations'?",
        ),
        ({"expectations": ["a"]}, "expectations[0]: names no type"),
        ({"expectations": [NOT_NULL, {"kwargs": {}}]}, "expectations[1]: names no type"),
        ({"expectations": [{"type": NOT_NULL["type"]}]}, "expectations[0].kwargs: is not an object"),
        ({"expectations": [NOT_NULL | {"kwarg": {}}]}, "expectations[0].kwarg: is not a key"),
        (
            {"expectations": [NOT_NULL | {"severity": "fatal"}]},
            "[0].severity: 'fatal' is no severity. Write one of critical",
        ),
        (
            {"expectations": [NOT_NULL | {"type": "expect_column_values_to_not_be_nul"}]},
            "[0].type: 'expect_column_values_to_not_be_nul' is no expectation. Did you mean",
        ),
        (
            {"expectations": [NOT_NULL | {"kwargs": {"colum": "a"}}]},
            "expectations[0].kwargs.colum: extra fields not permitted",
        ),
        ({"expectations": [NOT_NULL | {"kwargs": {}}]}, "expectations[0].kwargs.column: field required"),
        (
            {"expectations": [NOT_NULL | {"kwargs": {"column": "a", "mostly": 2}}]},
            "expectations[0].kwargs.mostly",
        ),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, content: Any, said: str) -> None:
    file = tmp_path / "expectations.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(SpecError) as caught:
        load_suite(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert said in str(caught.value)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "expectations.json"
    file.write_text(
        json.dumps({"expectations": [NOT_NULL | {"type": "a"}, NOT_NULL, NOT_NULL | {"type": "b"}]})
    )
    with pytest.raises(SpecError) as caught:
        load_suite(file)
    assert [problem.key for problem in caught.value.problems] == [
        "expectations[0].type",
        "expectations[2].type",
    ]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="expectations.json: file: is missing"):
        load_suite(tmp_path / "expectations.json")


def test_a_file_that_great_expectations_wrote_is_read(tmp_path: Path) -> None:
    from airlock.data.suite import great_expectations

    gx = great_expectations()
    written = gx.ExpectationSuite(
        "own", [gx.expectations.ExpectColumnValuesToNotBeNull(column="a", severity="info")]
    )
    file = tmp_path / "expectations.json"
    file.write_text(json.dumps(written.to_json_dict()))
    suite = load_suite(file)
    assert (suite.name, suite.expectations[0].severity, suite.expectations[0].columns) == (
        "own",
        "info",
        ("a",),
    )
