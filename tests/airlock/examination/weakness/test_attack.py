"""The attack: it stays within reach, finds what can be found, and never helps."""

import numpy as np
import pyarrow as pa
import pytest

from airlock.examination.subject import Subject
from airlock.examination.weakness.attack import attack, confidence
from airlock.examination.weakness.perturbations import numbers, with_column
from airlock.examination.weakness.robustness import measure_robustness
from tests.airlock.examination.weakness.subjects import (
    Formula,
    answered,
    income_counts,
    modelled,
    of_three_classes,
)
from tests.airlock.loans import TREES, loan_spec, loans


def attacked(subject: Subject) -> tuple[pa.Table, np.ndarray, np.ndarray]:
    after = attack(subject, np.random.default_rng(1))
    answers = subject.predictor.predict_table(after)
    before = confidence(subject.predictor, subject.answers, subject.answers)
    return after, before, confidence(subject.predictor, subject.answers, answers)


@pytest.mark.parametrize("candidate", [None, {"trees": TREES}], ids=["linear", "trees"])
def test_no_number_moves_further_than_a_tenth_of_its_deviation_and_no_answer_grows_firmer(
    candidate: dict | None,
) -> None:
    subject = modelled(loan_spec(candidates=candidate), 400)
    after, before, now = attacked(subject)
    for name in ("income", "debt"):
        was = numbers(subject.rows, name)
        moved = np.abs(numbers(after, name) - was)
        assert np.nanmax(moved) <= 0.1 * np.nanstd(was) * (1 + 1e-9)
        assert (np.isnan(moved) == np.isnan(was)).all()
    for name in ("housing", "insured", "sex", "loan"):
        assert after[name].equals(subject.rows[name])
    assert (now <= before + 1e-12).all()
    assert (now < before).mean() > 0.3


def test_on_a_monotone_model_exactly_the_rows_within_reach_are_turned() -> None:
    subject = answered(loan_spec(), Formula(income_counts), loans(1000))
    after, before, now = attacked(subject)
    income = numbers(subject.rows, "income")
    reach = 0.1 * np.nanstd(income)
    yes = np.array(subject.answers.predictions) == "true"
    # A row at exactly the threshold says yes, and stays there where nothing can move it.
    assert (
        (now < 0) == np.where(yes, 3000 - income < reach, income - 3000 <= reach) & ~np.isnan(income)
    ).all()
    assert 0 < (now < 0).sum() < 300


def test_a_threshold_from_costs_is_what_rows_are_pushed_over() -> None:
    costs = {"yes_means": "refused", "costs": {"false_positive": 1, "false_negative": 4}}
    subject = answered(loan_spec(decision=costs), Formula(income_counts), loans(500))
    firm = confidence(subject.predictor, subject.answers, subject.answers)
    assert np.allclose(firm, np.abs(subject.answers.scores - 0.2))


def test_of_several_classes_the_predicted_one_is_held_against_the_next() -> None:
    subject = of_three_classes()
    _, before, now = attacked(subject)
    assert subject.answers.probabilities is not None
    ordered = np.sort(subject.answers.probabilities, axis=1)
    assert np.allclose(before, ordered[:, -1] - ordered[:, -2])
    assert (now <= before + 1e-12).all()
    found = measure_robustness(subject)
    assert found.measures["flips_under_attack"] == (now < 0).mean() > 0
    # The class said first gets less likely the further the debt goes to the next one's.
    assert 0 < found.measures["rule_violations"] < 1


def test_a_column_of_whole_numbers_may_be_moved_by_parts_of_them() -> None:
    rows = with_column(loans(100), "debt", np.arange(100))
    subject = answered(loan_spec(), Formula(lambda frame: frame["debt"] / 100), rows)
    after, _, now = attacked(subject)
    assert 0 < np.abs(numbers(after, "debt") - np.arange(100)).max() < 3
    assert (now < 0).sum() in range(4, 8)
