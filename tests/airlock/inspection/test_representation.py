"""Groups are missing where fewer are there than the population has, and chance is no excuse."""

import numpy as np
import pyarrow as pa
import pytest

from airlock.inspection.representation import representation
from airlock.inspection.rows import Rows
from tests.airlock.inspection.lending import by_key, failed, replaced, rows_with
from tests.airlock.loans import loans

EVEN = {"population": {"sex": {"f": 0.5, "m": 0.5}}}
CUSTOMER = {"customer": {"role": "identifier", "classification": "personal"}}


def with_women(share: float, number: int = 1000, **inspection: object) -> Rows:
    sexes = ["f"] * round(share * number) + ["m"] * (number - round(share * number))
    table = replaced(loans(number), sex=sexes)
    return rows_with(table, data={"inspection": EVEN | inspection})


@pytest.mark.parametrize(
    ("share", "number", "named"),
    [(0.5, 1000, []), (0.45, 1000, []), (0.35, 1000, ["representation.sex.f"]), (0.35, 20, [])],
    ids=["as the population", "within the limit", "too few", "too few to know"],
)
def test_a_group_fails_where_it_is_rarer_than_asked_and_that_is_no_chance(
    share: float, number: int, named: list[str]
) -> None:
    assert failed(representation(with_women(share, number))) == named


def test_over_representation_is_said_and_passes() -> None:
    checks = by_key(representation(with_women(0.35)))
    assert "35.0% of the rows" in checks["representation.sex.f"].sentence
    assert (
        "under-represented beside the population's 50.0%: 0.700 of it"
        in checks["representation.sex.f"].sentence
    )
    assert checks["representation.sex.m"].passed
    assert "over-represented" in checks["representation.sex.m"].sentence


def test_a_looser_limit_lets_it_through() -> None:
    assert failed(representation(with_women(0.35, representation=0.6))) == []


def test_a_group_without_a_row_fails() -> None:
    population = {"sex": {"f": 0.4, "m": 0.4, "x": 0.2}}
    checks = representation(rows_with(data={"inspection": {"population": population}}))
    assert failed(checks) == ["representation.sex.x"]


def test_a_group_that_the_population_does_not_name_fails() -> None:
    table = replaced(loans(1000), sex=["f", "m", "M", "m"] * 250)
    checks = by_key(representation(rows_with(table, data={"inspection": EVEN})))
    assert not checks["representation.sex.M"].passed
    assert "does not name that group" in checks["representation.sex.M"].sentence


def test_rows_that_do_not_state_it_are_left_out_of_the_shares() -> None:
    sexes = pa.array([None, "", "f", "m"] * 250)
    checks = by_key(representation(rows_with(replaced(loans(1000), sex=sexes), data={"inspection": EVEN})))
    assert list(checks) == ["representation.sex.f", "representation.sex.m"]
    assert all(check.value == 1 for check in checks.values())


def test_the_rows_of_one_person_are_one_draw() -> None:
    table = replaced(loans(1000), sex=["f"] * 350 + ["m"] * 650, customer=[f"C{i % 20}" for i in range(1000)])
    data = {"inspection": EVEN, "subject_key": "customer"}
    assert failed(representation(rows_with(table, columns=CUSTOMER, data=data))) == []


def test_numbers_are_held_against_their_bands() -> None:
    age = {"age": {"role": "protected", "kind": "number", "classification": "personal", "bands": [30, 60]}}
    population = {"age": {"under 30": 0.3, "30 to 60": 0.4, "60 and over": 0.3}}
    table = replaced(loans(1000), age=np.linspace(18, 59, 1000))
    checks = by_key(
        representation(rows_with(table, columns=age, data={"inspection": {"population": population}}))
    )
    assert failed(list(checks.values())) == ["representation.age.60 and over"]
    assert checks["representation.age.60 and over"].value == 0


def test_without_a_population_nothing_is_held() -> None:
    assert representation(rows_with()) == []
