"""Faults of single columns and of rows that a plain look takes for something else, or the other way round."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from airlock.triage.facts import Facts
from airlock.triage.faults import faulty
from tests.airlock.triage.worlds import answered, known, night, people

ROWS = 400
RANDOM = np.random.default_rng(5).random(ROWS)


@pytest.fixture(scope="module")
def calm() -> Facts:
    return known()


@pytest.fixture(scope="module")
def priced(calm: Facts) -> Facts:
    """The same world, whose amount is a price of the day: one for all rows of it, another each day."""
    days = np.arange(calm.before.num_rows) // ROWS
    return replace(calm, before=calm.before.set_column(2, "amount", pa.array(4.0 + days / 100)))


def told(facts: Facts) -> list[str]:
    return [fault.evidence.sentence for fault in faulty(facts)]


@pytest.mark.parametrize(("factor", "times"), [(45.0, "4"), (1 / 30, "0.03")])
def test_a_factor_that_nobody_has_a_name_for_is_another_unit(calm: Facts, factor: float, times: str) -> None:
    drawn = people(7, ROWS)
    (sentence,) = told(night(calm, {**drawn, "income": drawn["income"] * factor}))
    assert sentence.startswith(f"100 % of the values of income are {times}")
    assert sentence.endswith("divided by it they look as in training.")


@pytest.mark.parametrize("factor", [1.96, 5.0])
def test_a_factor_that_the_world_can_bring_is_none(calm: Facts, factor: float) -> None:
    drawn = people(7, ROWS)
    assert told(night(calm, {**drawn, "income": drawn["income"] * factor})) == []


def test_a_part_of_the_values_that_lies_far_off_is_a_fault_whatever_the_unit(calm: Facts) -> None:
    drawn = people(7, ROWS)
    far = np.where(RANDOM < 0.15, 45.0, 1.0) * drawn["income"] * np.where(RANDOM < 0.15, 10.0, 1.0)
    (sentence,) = told(night(calm, {**drawn, "income": far}))
    assert sentence.endswith("lie more than 10 times as far off as any did in training.")


def test_a_value_that_is_frequent_with_its_neighbours_fills_in_for_nothing(calm: Facts) -> None:
    years = np.random.default_rng(5).choice([30.0, 30.1, 30.2, 30.3], ROWS)
    assert told(night(calm, {**people(7, ROWS), "years": years})) == []


def test_a_new_price_of_the_day_is_no_fault(priced: Facts) -> None:
    assert told(night(priced, {**people(7, ROWS), "amount": np.full(ROWS, 4.77)})) == []


def test_a_price_that_changes_in_the_night_is_no_fault(priced: Facts) -> None:
    both = np.where(np.arange(ROWS) < 150, 4.77, 4.91)
    assert told(night(priced, {**people(7, ROWS), "amount": both})) == []


def test_a_value_among_the_prices_of_the_day_is_a_fault(priced: Facts) -> None:
    filled = np.where(RANDOM < 0.2, 0.0, 4.1)
    (fault,) = faulty(night(priced, {**people(7, ROWS), "amount": filled}))
    assert fault.evidence.about == "amount"


def test_the_same_value_all_night_is_a_fault_where_values_differ_from_row_to_row(calm: Facts) -> None:
    (sentence,) = told(night(calm, {**people(7, ROWS), "years": np.full(ROWS, 4.77)}))
    assert sentence == "years is 4.77 in 100 % of the rows, 0 % in training."


def test_what_fills_in_is_found_beside_a_value_that_is_more_frequent(calm: Facts) -> None:
    usual = np.random.default_rng(3).random(calm.before.num_rows) < 0.6
    before = np.where(usual, 1.0, calm.before["years"].to_numpy())
    facts = replace(calm, before=calm.before.set_column(1, "years", pa.array(before)))
    drawn = people(7, ROWS)["years"]
    years = np.select([RANDOM < 0.3, RANDOM < 0.72], [-1.0, 1.0], drawn)
    (sentence,) = told(night(facts, {**people(7, ROWS), "years": years}))
    assert sentence.startswith("years is -1 in ")


def test_a_night_that_is_repeated_after_more_rows_than_the_reference_has_is_found(calm: Facts) -> None:
    once = answered(people(7, ROWS))
    facts = replace(calm, before=calm.before.slice(0, ROWS // 2), now=pa.concat_tables([once, once]))
    assert "50 % of the rows repeat another in every feature, 0 % in training." in told(facts)
