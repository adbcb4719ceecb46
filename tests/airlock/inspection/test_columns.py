"""Columns that say nothing, name rows, miss values, or hold values far out of all others."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.inspection.check import Check
from airlock.inspection.columns import columns, far_out
from tests.airlock.inspection.lending import by_key, replaced, rows_with
from tests.airlock.loans import loans


def found(number: int = 1000, **changed: Any) -> dict[str, Check]:
    return by_key(columns(rows_with(replaced(loans(number), **changed))))


def test_healthy_columns_pass() -> None:
    assert all(check.passed for check in found().values())


def test_none_of_these_stops_a_training_but_a_column_that_names_rows() -> None:
    checks = found(housing=[f"house {number}" for number in range(1000)], insured=[True] * 1000)
    assert [check.key for check in checks.values() if check.stops] == ["identifier.housing"]


@pytest.mark.parametrize(("others", "passed"), [(0, False), (5, False), (20, True)])
def test_a_column_of_one_value_is_constant(others: int, passed: bool) -> None:
    check = found(insured=[True] * (1000 - others) + [False] * others)["constant.insured"]
    assert (check.passed, check.value) == (passed, 1 - others / 1000)


def test_a_column_without_any_value_is_constant_and_missing() -> None:
    checks = found(income=pa.array([None] * 1000, pa.float64()))
    assert not checks["constant.income"].passed
    assert checks["missing.income"].value == 1


def test_an_empty_text_is_missing() -> None:
    assert found(housing=["own", "", "rent", ""] * 250)["missing.housing"].value == 0.5


def test_income_in_cents_for_some_is_seen() -> None:
    income = np.random.default_rng(2).lognormal(8, 0.4, 1000)
    income[:80] *= 100
    check = found(income=income)["outliers.income"]
    assert not check.passed
    assert check.value == pytest.approx(0.08, abs=0.01)
    assert "a unit may be mixed up" in check.mend


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(1).normal(size=5000),
        np.random.default_rng(1).lognormal(9, 1.0, 5000),
        np.random.default_rng(1).exponential(100, 5000),
        np.random.default_rng(1).poisson(0.4, 5000),
        np.repeat([0.0, 1.0], [4900, 100]),
        np.append(np.random.default_rng(1).normal(0, 1, 3500), np.random.default_rng(1).normal(50, 1, 1500)),
    ],
    ids=["normal", "lognormal", "exponential", "counts", "rare flag", "two heaps"],
)
def test_what_nature_makes_has_few_outliers(values: np.ndarray) -> None:
    assert far_out(values.astype(float)) < 0.005


@given(st.lists(st.integers(-(10**6), 10**6), max_size=60), st.sampled_from([0.5, 4.0, 1024.0]))
def test_outliers_depend_on_neither_order_nor_unit(values: list[int], unit: float) -> None:
    numbers = np.array(values, dtype=np.float64)
    share = far_out(numbers)
    assert 0 <= share < 0.5
    assert far_out(numbers[::-1]) == share
    assert far_out(numbers * unit) == pytest.approx(share, abs=2 / max(len(values), 1))
