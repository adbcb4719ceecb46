"""Robustness: a figure for every change, 0 where nothing can be changed, none where there is no answer."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from airlock.examination.subject import Subject
from airlock.examination.weakness.robustness import measure_robustness
from airlock.spec.metrics import MEASURES, Task
from tests.airlock.examination.weakness.subjects import (
    REGRESSION,
    Formula,
    answered,
    income_counts,
    modelled,
)
from tests.airlock.loans import COLUMNS, loan_spec, loans

RULE = {"feature": "income", "goes": "up", "score": "must_not_rise"}


@pytest.fixture(scope="module")
def binary() -> Subject:
    return modelled(loan_spec(rules=[RULE, RULE | {"score": "must_not_fall"}]), 2000)


def test_every_measure_of_a_classifier_has_a_figure_and_the_narrow_rows_turn_first(binary: Subject) -> None:
    found = measure_robustness(binary)
    assert list(found.measures) == [
        "flips_under_noise", "flips_under_missing_values", "flips_under_unseen_categories",
        "flips_under_attack", "rule_violations",
    ]  # fmt: skip
    assert found.measures.keys() <= MEASURES[Task.BINARY].keys()
    for tried in found.tests:
        assert 0 < tried.changed < tried.near_threshold < 1
        assert np.isfinite([tried.before, tried.after]).all()
    assert found.measures["flips_under_attack"] > found.measures["flips_under_noise"]


def test_the_worst_rule_counts_and_is_a_finding(binary: Subject) -> None:
    found = measure_robustness(binary)
    kept, broken = found.rules
    assert (kept.passed, broken.passed) == (True, False)
    assert found.measures["rule_violations"] == broken.share > 0.5
    assert [finding.about for finding in found.findings] == ["rule"]


def test_the_figures_are_the_same_each_time_and_json(binary: Subject) -> None:
    first, second = (measure_robustness(binary).to_json() for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
    assert first.keys() == {"measures", "metric", "rows", "tests", "rules", "findings"}
    assert first["metric"] == "roc_auc"
    assert first["rules"][0]["sentence"].startswith("When income goes up, the score must not rise. It rises")
    assert first["tests"][0]["sentence"].startswith(
        "With noise of a tenth of a standard deviation on every number, "
    )


def test_without_categories_or_numbers_there_is_nothing_to_change() -> None:
    ignored = {"role": "ignored", "classification": "personal"}
    no_categories = modelled(loan_spec(columns={"housing": ignored}), 300)
    tests = {tried.test: tried for tried in measure_robustness(no_categories).tests}
    assert tests["unseen_categories"].changed == 0.0
    assert tests["unseen_categories"].sentence.startswith("No feature is a category, so there is nothing")
    no_numbers = modelled(loan_spec(columns={"income": ignored, "debt": ignored}), 300)
    measures = measure_robustness(no_numbers).measures
    assert (measures["flips_under_noise"], measures["flips_under_attack"]) == (0.0, 0.0)
    assert measures["rule_violations"] == 0.0


def test_a_regression_moves_by_shares_of_the_spread_of_its_answers() -> None:
    spec = loan_spec(**REGRESSION)
    found = measure_robustness(modelled(spec, 1500))
    assert list(found.measures) == [
        "shift_under_noise", "shift_under_missing_values", "shift_under_unseen_categories", "rule_violations",
    ]  # fmt: skip
    assert found.measures.keys() <= MEASURES[Task.REGRESSION].keys()
    times = [
        answered(spec, Formula(lambda frame, by=by: by * frame["income"].fillna(3000)), loans(1500))
        for by in (1, 1000)
    ]
    small, large = (measure_robustness(subject).measures["shift_under_noise"] for subject in times)
    # The mean of |z| for a tenth of a deviation, less the rows without an income.
    assert small == pytest.approx(large) == pytest.approx(0.1 * np.sqrt(2 / np.pi) * 0.95, rel=0.1)


@pytest.mark.parametrize("wrong", ["raises", "is no number"])
def test_a_change_that_leaves_no_answer_has_no_figure_and_is_a_finding(wrong: str) -> None:
    def formula(frame: pd.DataFrame) -> np.ndarray:
        strange = ~frame["housing"].isin(["own", "rent", "free", ""])
        if wrong == "raises" and strange.any():
            raise KeyError("never seen")
        return np.where(strange, np.nan, income_counts(frame))

    subject = answered(loan_spec(), Formula(formula), loans(500))
    found = measure_robustness(subject)
    figures: dict[str, Any] = found.to_json()["measures"]
    assert [name for name, figure in figures.items() if figure is None] == ["flips_under_unseen_categories"]
    (finding,) = found.findings
    assert (finding.about, finding.subject) == ("robustness", "unseen_categories")


def test_no_rows_have_no_figures() -> None:
    rows: pa.Table = loans(10)
    subject = answered(loan_spec(rules=[RULE]), Formula(income_counts), rows)
    none = Subject(
        subject.spec, subject.predictor, rows[:0], subject.truth[:0], subject.answers.take(np.arange(0))
    )
    assert set(measure_robustness(none).to_json()["measures"].values()) == {None}


def test_features_that_are_only_protected_are_left_alone() -> None:
    assert COLUMNS["sex"]["role"] == "protected"
    subject = answered(loan_spec(), Formula(income_counts), loans(300))
    assert measure_robustness(subject).measures["flips_under_unseen_categories"] == 0.0
