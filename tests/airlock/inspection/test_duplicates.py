"""Rows that are there twice are counted, within the rows and across the split."""

import pyarrow as pa
import pytest

from airlock.inspection.check import Check
from airlock.inspection.duplicates import duplicates
from tests.airlock.inspection.lending import by_key, failed, replaced, rows_with
from tests.airlock.loans import loans


def found(table: pa.Table) -> dict[str, Check]:
    return by_key(duplicates(rows_with(table)))


def repeated(table: pa.Table, rows: list[int]) -> pa.Table:
    """Put earlier rows at the end, under keys and moments of their own."""
    again = replaced(
        table.take(rows),
        loan=[f"again {number}" for number in range(len(rows))],
        asked_at=table["asked_at"][-1:].combine_chunks().take([0] * len(rows)),
    )
    return pa.concat_tables([table, again])


def test_rows_that_differ_are_no_duplicates() -> None:
    assert [check.value for check in found(loans(500)).values()] == [0, 0]


def test_a_row_under_another_key_and_at_another_time_is_the_same_row() -> None:
    checks = found(repeated(loans(900), list(range(100))))
    assert checks["duplicates"].value == pytest.approx(0.1)
    assert not checks["duplicates"].passed
    assert checks["split_duplicates"].value == pytest.approx(100 / 251, abs=0.01)


def test_missing_values_are_alike() -> None:
    table = replaced(loans(200), income=pa.array([None] * 200, pa.float64()))
    assert found(repeated(table, [0, 1]))["duplicates"].value == pytest.approx(2 / 202)


def test_across_the_split_another_outcome_makes_no_difference() -> None:
    table = repeated(loans(900), list(range(100)))
    outcomes = table["defaulted"].to_pylist()
    turned = replaced(table, defaulted=[*outcomes[:900], *(not one for one in outcomes[900:])])
    checks = found(turned)
    assert checks["duplicates"].value == 0
    assert checks["split_duplicates"].value > 0.3


def test_people_of_another_group_are_not_the_same_row() -> None:
    table = repeated(loans(900), list(range(100)))
    sexes = table["sex"].to_pylist()
    other = replaced(table, sex=[*sexes[:900], *({"f": "m", "m": "f"}[one] for one in sexes[900:])])
    assert failed(duplicates(rows_with(other))) == []
