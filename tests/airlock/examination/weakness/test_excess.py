"""Excess: none on average where answers mean what they say, however risky the rows are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.examination.weakness.excess import excess_of
from tests.airlock.examination.weakness.subjects import REGRESSION, believing, modelled
from tests.airlock.loans import loan_spec, loans


@given(st.floats(0.01, 0.99))
def test_answers_that_come_true_have_no_excess_whatever_the_risk(risk: float) -> None:
    belief = np.full(2, risk)
    excess = excess_of(believing(loans(2), belief, np.array([True, False])))
    assert excess @ np.array([risk, 1 - risk]) == pytest.approx(0, abs=1e-12)
    assert excess[0] == pytest.approx(-(1 - risk) * np.log(risk / (1 - risk)))


def test_certainty_that_comes_true_has_none_and_one_that_does_not_has_much() -> None:
    excess = excess_of(believing(loans(2), np.array([1.0, 1.0]), np.array([True, False])))
    assert excess[0] == pytest.approx(0)
    assert excess[1] > 30


def test_the_squared_error_of_a_regression_is_held_against_answers_of_its_size() -> None:
    subject = modelled(loan_spec(**REGRESSION), 1000)
    excess = excess_of(subject)
    assert excess.mean() == pytest.approx(0, abs=1e-9)
    for third in np.array_split(np.argsort(subject.answers.scores), 20):
        assert excess[third].mean() == pytest.approx(0, abs=1e-9)
    assert (excess >= -1).all()
