"""The signature: finds what is wrong with a row, and only that."""

import json
from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.package.describe import signature_of
from airlock.package.signature import Feature, Signature
from airlock.spec import Task
from airlock.spec.columns import Kind
from tests.airlock.loans import loan_spec, loans

SIGNATURE = Signature(
    "loans",
    Task.BINARY,
    (
        Feature("income", Kind.NUMBER, minimum=1.0, maximum=9.0, example=2500.0),
        Feature("housing", Kind.CATEGORY, ("own", "rent"), example="own"),
        Feature("insured", Kind.BOOLEAN, example=True),
    ),
    ("false", "true"),
    "true",
)
ROW = {"income": 3, "housing": "own", "insured": False}


def spoken(row: dict) -> list[str]:
    return [str(problem) for problem in SIGNATURE.problems(row)]


def test_a_good_row_has_no_problem() -> None:
    assert spoken(ROW) == []


def test_null_is_allowed_for_every_feature() -> None:
    assert spoken(dict.fromkeys(ROW)) == []


def test_an_unseen_category_and_a_number_out_of_range_are_allowed() -> None:
    assert spoken(ROW | {"housing": "castle", "income": -5}) == []


def test_an_unknown_field_is_named() -> None:
    assert spoken(ROW | {"salary": 1}) == [
        "salary: is no field of this model. Remove it; known are income, housing, insured."
    ]


def test_a_missing_field_is_named() -> None:
    assert spoken({"income": 3, "housing": "own"}) == [
        "insured: is missing. Send a value such as true, or null where it is not known."
    ]


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ("income", "3000", "a finite number"),
        ("income", True, "a finite number"),
        ("income", float("nan"), "a finite number"),
        ("income", float("inf"), "a finite number"),
        ("income", 10**400, "a finite number"),
        ("income", [1], "a finite number"),
        ("housing", 1, "a text"),
        ("insured", "true", "true or false"),
        ("insured", 1, "true or false"),
    ],
)
def test_a_wrong_type_names_the_field_and_what_to_send(field: str, value: object, wanted: str) -> None:
    (problem,) = SIGNATURE.problems(ROW | {field: value})
    assert problem.field == field
    assert wanted in problem.wrong
    assert problem.cure.startswith("Send a value such as")


@given(st.dictionaries(st.sampled_from([*ROW, "other"]), st.none() | st.booleans() | st.floats() | st.text()))
def test_no_row_breaks_it(row: dict) -> None:
    assert all(str(problem) for problem in SIGNATURE.problems(row))


def test_of_many_problems_only_those_are_looked_for_that_are_asked_for() -> None:
    looked_at = []

    class Wide(dict[str, int]):
        def __iter__(self) -> Iterator[str]:
            return (looked_at.append(name) or name for name in super().__iter__())

    found = SIGNATURE.problems(Wide((f"unknown {n}", n) for n in range(1000)))
    assert [next(found).field for _ in range(3)] == looked_at == ["unknown 0", "unknown 1", "unknown 2"]


def test_it_survives_json() -> None:
    assert Signature.from_json(json.loads(json.dumps(SIGNATURE.to_json()))) == SIGNATURE


def test_it_describes_the_training_rows() -> None:
    table = loans(500)
    signature = signature_of(loan_spec(), table, ("false", "true"))
    features = {feature.name: feature for feature in signature.features}
    assert features["housing"].categories == ("free", "own", "rent")
    assert features["income"].minimum == min(table["income"].drop_null().to_pylist())
    assert features["income"].minimum < features["income"].example < features["income"].maximum
    assert signature.positive == "true"
    assert not any(signature.problems({feature.name: feature.example for feature in signature.features}))


def test_columns_without_any_value_are_described() -> None:
    table = loans(5)
    for place, name, kind in ((2, "income", pa.float64()), (4, "housing", pa.string())):
        table = table.set_column(place, name, pa.nulls(5, kind))
    features = {feature.name: feature for feature in signature_of(loan_spec(), table, ()).features}
    assert features["income"] == Feature("income", Kind.NUMBER)
    assert features["housing"] == Feature("housing", Kind.CATEGORY)
