"""A whole inspection: the same in any order, accepted only where the spec says why, and plain JSON."""

import json
import random

import numpy as np
import pytest

from airlock.data.errors import DataError
from airlock.inspection.inspection import Inspection, inspect
from tests.airlock.inspection.lending import replaced
from tests.airlock.loans import loan_spec, loans

REASON = "Women are called last, when nobody else has paid."


def slandered() -> object:
    """Loans of women that count as defaulted far too often."""
    table = loans(1200)
    women = np.array(table["sex"].to_pylist()) == "f"
    outcomes = table["defaulted"].to_numpy(zero_copy_only=False)
    return replaced(table, defaulted=outcomes | (women & (np.arange(1200) % 2 == 0)))


def accepting(**reasons: str) -> Inspection:
    return inspect(loan_spec(data={"inspection": {"accept": reasons}}), slandered())


def test_the_order_of_the_rows_changes_nothing() -> None:
    table, order = loans(700), list(range(700))
    random.Random(3).shuffle(order)
    first, second = (inspect(loan_spec(), one).to_json() for one in (table, table.take(order)))
    for column in (*first["columns"], *second["columns"]):
        column.pop("mean", None)  # a sum's last digits depend on its order
    for check, other in zip(first["checks"], second["checks"], strict=True):
        assert check.pop("value") == pytest.approx(other.pop("value"))
    assert first == second


def test_healthy_loans_pass_with_every_check_made() -> None:
    found = inspect(loan_spec(), loans(1200))
    assert found.stopping == ()
    assert found.findings == ()
    assert {check.kind.value for check in found.checks} == {
        "leakage", "imbalance", "label_rates", "duplicates", "split_duplicates", "identifier", "constant",
        "outliers", "missing",
    }  # fmt: skip


def test_what_is_found_stops_a_training() -> None:
    assert [check.key for check in accepting().stopping] == ["label_rates.sex.f", "label_rates.sex.m"]


def test_an_accepted_finding_passes_and_shows_its_reason() -> None:
    found = accepting(**{"label_rates.sex.f": REASON, "label_rates.sex.m": REASON})
    assert found.stopping == ()
    check = next(check for check in found.to_json()["checks"] if check["key"] == "label_rates.sex.f")
    assert (check["passed"], check["accepted"]) == (True, REASON)
    assert [finding.subject for finding in found.findings] == ["sex=f", "sex=m"]


def test_a_reason_without_a_finding_is_not_shown() -> None:
    found = accepting(imbalance="Defaults are rare, and that is how it is.")
    assert not any(check.accepted for check in found.checks)


def test_accepting_what_no_check_can_find_is_an_error_that_names_what_can_be() -> None:
    with pytest.raises(DataError, match=r"'leakage.incme' is no finding .* leakage.income, leakage.debt"):
        accepting(**{"leakage.incme": "Known at the desk."})
    with pytest.raises(DataError, match="Write one of representation, imbalance"):
        accepting(bias="It is real.")


def test_a_group_that_is_not_there_today_may_be_accepted() -> None:
    assert accepting(**{"label_rates.sex.x": "Few of them, and all are paid."}).stopping


def test_the_json_says_what_the_rows_are_like() -> None:
    found = json.loads(json.dumps(inspect(loan_spec(), loans(1000)).to_json()))
    assert found["rows"] == sum(found["classes"].values()) == 1000
    columns = {column["name"]: column for column in found["columns"]}
    assert list(columns) == list(loans(1).column_names)
    assert columns["income"]["missing"] == pytest.approx(0.05, abs=0.02)
    assert columns["income"]["min"] < columns["income"]["median"] < columns["income"]["max"]
    assert [value for value, _ in columns["sex"]["top"]] in (["f", "m"], ["m", "f"])
    assert columns["loan"]["distinct"] == 1000
    assert "top" not in columns["loan"]
    groups = {group["group"]: group for group in found["groups"]}
    assert groups["f"]["rows"] + groups["m"]["rows"] == 1000
    assert groups["f"]["population"] is None


def test_a_value_that_could_name_a_person_is_not_written_down() -> None:
    table = replaced(loans(1000), housing=["with Dana Keller"] * 4 + ["own", "rent", "free"] * 332)
    assert "Keller" not in json.dumps(inspect(loan_spec(), table).to_json())
