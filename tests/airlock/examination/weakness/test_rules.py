"""Rules: broken where the model breaks them, on as many rows as do."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from airlock.examination.subject import Subject
from airlock.examination.weakness.rules import try_rule
from airlock.spec.robustness import Rule
from tests.airlock.examination.weakness.subjects import REGRESSION, Formula, answered, income_counts
from tests.airlock.loans import loan_spec, loans


def rule(feature: str, goes: str, score: str, **others: Any) -> Rule:
    return Rule.model_validate({"feature": feature, "goes": goes, "score": score} | others)


def subject(formula: Any = income_counts, rows: pa.Table | None = None) -> Subject:
    return answered(loan_spec(), Formula(formula), rows if rows is not None else loans(1000))


def test_a_model_that_keeps_the_rule_passes_and_rows_without_the_feature_are_named() -> None:
    result = try_rule(subject(), rule("income", "up", "must_not_rise"))
    missing = loans(1000)["income"].null_count
    assert (result.rows, result.missing, result.broken, result.passed) == (1000 - missing, missing, 0, True)
    assert result.finding is None
    assert result.sentence == (
        f"When income goes up, the score must not rise. It rises for 0 of {1000 - missing} rows (0 %), "
        f"and 5.0 % may. {missing} more have no income and were not tried."
    )


def test_a_model_that_does_the_contrary_breaks_it_on_every_row_that_moves() -> None:
    result = try_rule(subject(), rule("income", "down", "must_not_rise", tolerance=0.0))
    assert (result.share, result.passed) == (1.0, False)
    assert result.finding is not None
    assert (result.finding.about, result.finding.subject) == ("rule", "income")


def test_a_move_within_the_tolerance_is_none_and_a_share_is_allowed() -> None:
    falling = rule("income", "up", "must_not_fall", by=0.25)
    some = try_rule(subject(), falling.model_copy(update={"tolerance": 0.06}))
    assert 0 < some.share < 1
    assert try_rule(subject(), falling.model_copy(update={"tolerance": 0.5})).share == 0
    allowed = falling.model_copy(update={"tolerance": 0.06, "at_most": 0.999})
    assert try_rule(subject(), allowed).passed


def test_a_category_is_tried_with_every_other_value_and_one_that_breaks_it_is_enough() -> None:
    renting = subject(lambda frame: np.where(frame["housing"] == "rent", 0.6, 0.2))
    changing = try_rule(renting, rule("housing", "elsewhere", "must_not_change"))
    assert changing.share == 1.0
    rows = loans(1000)["housing"].to_pylist()
    falling = try_rule(renting, rule("housing", "elsewhere", "must_not_fall"))
    assert (falling.broken, falling.missing) == (rows.count("rent"), rows.count(None))
    assert try_rule(renting, rule("insured", "elsewhere", "must_not_change")).broken == 0


def test_a_boolean_is_tried_with_its_other_value() -> None:
    insured = subject(lambda frame: np.where(frame["insured"] == 1, 0.1, 0.3))
    result = try_rule(insured, rule("insured", "elsewhere", "must_not_rise"))
    assert result.broken == loans(1000)["insured"].to_pylist().count(True)


def test_the_tolerance_of_a_regression_is_a_share_of_the_spread_of_its_answers() -> None:
    spec = loan_spec(**REGRESSION)
    steep = answered(spec, Formula(lambda frame: 1e6 * frame["income"].fillna(3000)), loans(1000))
    rising = rule("income", "up", "must_not_rise", by=0.25)
    # A quarter of the income's deviation is a quarter of the answers' deviation, whatever the unit.
    assert try_rule(steep, rising.model_copy(update={"tolerance": 0.2})).share == 1.0
    assert try_rule(steep, rising.model_copy(update={"tolerance": 0.3})).share == 0.0


@pytest.mark.parametrize(
    "incomes", [[None] * 20, [3.0] * 20], ids=["no row has the feature", "it has one value only"]
)
def test_a_rule_that_no_row_can_be_tried_on_fails(incomes: list[float | None]) -> None:
    rows = loans(20)
    column = pa.array(incomes, pa.float64())
    rows = rows.set_column(rows.column_names.index("income"), "income", column)
    result = try_rule(subject(rows=rows), rule("income", "up", "must_not_rise"))
    assert np.isnan(result.share) and not result.passed
    assert "income could be changed on no row, so it cannot be told." in result.sentence


def test_a_model_that_raises_or_answers_no_number_fails_the_rule() -> None:
    rows = loans(100)
    highest = float(np.nanmax(rows["income"].to_numpy()))

    def refuse(frame: Any) -> np.ndarray:
        if frame["income"].max() > highest:
            raise ValueError("never seen")
        return np.full(len(frame), 0.5)

    raising = try_rule(subject(refuse, rows), rule("income", "up", "must_not_rise"))
    assert np.isnan(raising.share) and not raising.passed
    assert raising.sentence.endswith("It could not be tried: ValueError.")
    empty = subject(lambda frame: np.where(frame["income"] > highest, np.nan, 0.5), rows)
    result = try_rule(empty, rule("income", "up", "must_not_rise"))
    assert np.isnan(result.share) and not result.passed


def test_a_feature_with_many_values_is_tried_on_fewer_rows() -> None:
    rows = loans(1000)
    many = pa.array([f"place {place % 100}" for place in range(1000)])
    rows = rows.set_column(rows.column_names.index("housing"), "housing", many)
    result = try_rule(subject(rows=rows), rule("housing", "elsewhere", "must_not_change"))
    assert (result.rows, result.share) == (500, 0.0)
