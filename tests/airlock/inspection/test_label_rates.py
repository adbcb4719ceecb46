"""What is recorded of a group differs, does not, or differs by no more than chance."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from airlock.inspection.label_rates import label_rates
from airlock.inspection.rows import Rows
from tests.airlock.inspection.lending import by_key, failed, replaced, rows_with
from tests.airlock.loans import loans

NUMBER_TARGET = {"defaulted": {"role": "target", "kind": "number", "classification": "business"}}
CLASS_TARGET = {"defaulted": {"role": "target", "kind": "category", "classification": "business"}}


def other_task(task: str, metric: str) -> dict[str, Any]:
    return {
        "task": task,
        "data": {"positive": None},
        "training": {"select_by": metric},
        "gates": {"limits": [], "champion": {"metric": metric, "tolerance": 0.1}},
    }


def with_rates(women: float, men: float, number: int = 2000) -> Rows:
    half = number // 2
    outcomes = np.concatenate([np.arange(half) < women * half, np.arange(half) < men * half])
    table = replaced(loans(number), sex=["f"] * half + ["m"] * half, defaulted=outcomes)
    return rows_with(table)


def test_equal_rates_are_no_finding() -> None:
    checks = label_rates(with_rates(0.2, 0.2))
    assert failed(checks) == []
    assert not any(check.notable for check in checks)
    assert [check.key for check in checks] == ["label_rates.sex.f", "label_rates.sex.m"]


def test_a_difference_beyond_the_limit_fails() -> None:
    check = by_key(label_rates(with_rates(0.45, 0.2)))["label_rates.sex.f"]
    assert (check.passed, check.notable) == (False, True)
    assert check.value == pytest.approx(0.25)
    assert check.sentence.startswith("defaulted is true for 45.0% of sex f, for 20.0% of others")


def test_a_real_difference_within_the_limit_is_notable_and_passes() -> None:
    check = by_key(label_rates(with_rates(0.3, 0.2)))["label_rates.sex.f"]
    assert (check.passed, check.notable) == (True, True)


def test_a_large_difference_of_few_rows_is_chance() -> None:
    check = by_key(label_rates(with_rates(0.4, 0.1, number=20)))["label_rates.sex.f"]
    assert (check.passed, check.notable) == (True, False)


def test_those_who_do_not_state_it_are_a_group_too() -> None:
    table = loans(2000)
    sexes = pa.array(["f", "m", None, "f"] * 500)
    silent = np.tile([False, False, True, False], 500)
    table = replaced(table, sex=sexes, defaulted=silent | (np.arange(2000) % 10 == 0))
    assert "label_rates.sex.not stated" in failed(label_rates(rows_with(table)))


def test_one_group_alone_cannot_be_compared_and_fails() -> None:
    (check,) = label_rates(rows_with(replaced(loans(100), sex=["f"] * 100)))
    assert not check.passed
    assert np.isnan(check.value)
    assert check.sentence == "sex is f in every row, so its outcomes cannot be compared with others'."


def test_a_regression_compares_means_in_standard_deviations() -> None:
    draw = np.random.default_rng(3)
    women = np.arange(2000) < 1000
    table = replaced(
        loans(2000), sex=["f"] * 1000 + ["m"] * 1000, defaulted=500 + 10 * (draw.normal(size=2000) + women)
    )
    rows = rows_with(table, columns=NUMBER_TARGET, **other_task("regression", "r2"))
    check = by_key(label_rates(rows))["label_rates.sex.f"]
    assert not check.passed
    assert check.value == pytest.approx(1 / np.sqrt(1.25), abs=0.05)
    assert "standard deviations above that of all others" in check.sentence


def test_of_many_classes_the_one_that_differs_is_named() -> None:
    labels = np.array(["paid", "late", "lost"])
    women, men = np.repeat([0, 1, 2], [200, 600, 200]), np.repeat([0, 1, 2], [500, 300, 200])
    table = replaced(loans(2000), sex=["f"] * 1000 + ["m"] * 1000, defaulted=labels[np.append(women, men)])
    rows = rows_with(table, columns=CLASS_TARGET, **other_task("multiclass", "accuracy"))
    check = by_key(label_rates(rows))["label_rates.sex.f"]
    assert not check.passed
    assert check.value == pytest.approx(0.3)
    assert "defaulted is late for 60.0% of sex f" in check.sentence or "defaulted is paid" in check.sentence
