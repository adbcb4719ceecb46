"""Effects: the truth is covered where confounders are among the columns, and what cannot be told is not."""

import numpy as np
import pyarrow as pa
import pytest

from airlock.examination.explanation.effects import Effect, effects, residual_on_residual
from airlock.spec import ModelSpec
from tests.airlock.loans import COLUMNS, loan_spec, loans

TRUTH = 0.5


def confounded(seed: int, rows: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a treatment, an outcome it adds `TRUTH` to, and two columns that bend both."""
    draw = np.random.default_rng(seed)
    others = draw.normal(size=(rows, 4))
    bent = np.sin(2 * others[:, 0]) + np.abs(others[:, 1])
    treatment = bent + draw.normal(size=rows)
    return treatment, TRUTH * treatment + 2 * bent + draw.normal(size=rows), others


def test_the_interval_covers_the_truth_where_a_naive_regression_is_far_from_it() -> None:
    covered = []
    for seed in range(10):
        treatment, outcome, others = confounded(seed)
        effect, error = residual_on_residual(treatment, outcome, others, seed=seed)
        naive = float(np.polyfit(treatment, outcome, 1)[0])
        assert naive > TRUTH + 0.4
        assert abs(effect - TRUTH) < 0.15
        assert 0.01 < error < 0.03
        covered.append(abs(effect - TRUTH) < 1.96 * error)
    assert np.mean(covered) >= 0.7, covered


def test_a_treatment_without_effect_has_none() -> None:
    treatment, outcome, others = confounded(3)
    effect, error = residual_on_residual(treatment, outcome - TRUTH * treatment, others, seed=1)
    assert abs(effect) < 3 * error


def test_a_treatment_that_the_others_determine_has_no_effect_to_be_told() -> None:
    _, outcome, others = confounded(1)
    assert np.isnan(residual_on_residual(np.sign(others[:, 0]), outcome, others, seed=1)[0])


def insured_loans(rows: int = 4000) -> pa.Table:
    """Loans that default 0.2 less often where insured; the rich, who default less, are insured more often."""
    draw, table = np.random.default_rng(5), loans(rows)
    income = np.nan_to_num(table["income"].to_numpy(), nan=3000)
    insured = draw.random(rows) < np.where(income > 3000, 0.8, 0.2)
    defaulted = draw.random(rows) < 0.5 - 0.2 * insured - 0.25 * (income > 3000)
    columns = {"insured": pa.array(insured), "defaulted": pa.array(defaulted)}
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def of(table: pa.Table, spec: ModelSpec) -> Effect:
    (effect,) = effects(spec, table)
    return effect


def test_a_boolean_changes_the_probability_of_the_positive_class() -> None:
    effect = of(insured_loans(), loan_spec(effects=["insured"]))
    assert (effect.step, effect.rows) == (1.0, 4000)
    assert effect.low < -0.2 < effect.high < 0
    assert effect.sentence.startswith(
        "insured true instead of false changes the probability of defaulted = true"
    )
    assert "cause and effect only if every common cause of insured and defaulted is among" in effect.sentence


def test_a_number_is_told_by_its_standard_deviation() -> None:
    columns = {"income": COLUMNS["income"] | {"unit": "EUR a month"}}
    table = loans(3000)
    effect = of(table, loan_spec(effects=["income"], columns=columns))
    known = table["income"].drop_null().to_numpy()
    assert (effect.step, effect.rows) == (pytest.approx(known.std()), len(known))
    assert effect.low < effect.effect < effect.high < 0
    assert effect.sentence.startswith("One standard deviation more of income (")
    assert "EUR a month) changes the probability" in effect.sentence


def test_the_same_rows_give_the_same_effect() -> None:
    spec, table = loan_spec(effects=["insured"]), insured_loans(500)
    assert effects(spec, table) == effects(spec, table)


def test_no_more_rows_than_bounded_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airlock.examination.explanation.effects.MOST_ROWS", 300)
    assert of(insured_loans(), loan_spec(effects=["insured"])).rows == 300


def test_what_cannot_be_told_says_why() -> None:
    few = of(insured_loans(50), loan_spec(effects=["insured"]))
    assert (
        few.sentence
        == "The effect of insured cannot be told: 50 rows have a value of it, and 100 are needed."
    )
    table = loans(200)
    constant = table.set_column(table.column_names.index("insured"), "insured", pa.array([True] * 200))
    never = of(constant, loan_spec(effects=["insured"]))
    assert never.sentence.endswith("it never varies, or the other columns determine it.")
    assert np.isnan([never.effect, never.low, never.high]).all()


def test_there_are_none_where_none_are_asked_for() -> None:
    assert effects(loan_spec(), loans(100)) == ()
