"""Answers: yes from the threshold on that the costs lead to, wherever a model is asked."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.package.answers import answers_from
from airlock.package.describe import signature_of, threshold_of
from airlock.package.predictor import Predictor
from airlock.package.signature import Signature
from airlock.spec import Task
from tests.airlock.loans import loan_spec, loans
from tests.airlock.packaging import fit_and_build

COSTS = {"false_positive": 1, "false_negative": 4, "unit": "EUR"}
DECISION = {"yes_means": "The loan is refused.", "costs": COSTS}


def predictions(scores: list[float], **asked: Any) -> list[str]:
    signature = Signature("loans", Task.BINARY, (), ("bad", "good"), "bad", **asked)
    bad = np.array(scores)
    return answers_from(np.column_stack([bad, 1 - bad]), signature).predictions


def test_the_answer_is_yes_where_the_score_reaches_the_threshold() -> None:
    assert predictions([0.19, 0.2, 0.9], threshold=0.2) == ["good", "bad", "bad"]


def test_without_a_threshold_yes_begins_at_one_half() -> None:
    assert predictions([0.499, 0.5, 0.501]) == ["good", "bad", "bad"]


@given(st.lists(st.floats(0, 1), min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_never_says_yes_more_often(scores: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    said = [predictions(scores, threshold=threshold) for threshold in (low, high)]
    assert all(before == "bad" or after == "good" for before, after in zip(*said, strict=True))


def test_a_spec_without_a_decision_or_costs_has_the_even_threshold() -> None:
    assert threshold_of(loan_spec()) == 0.5
    assert threshold_of(loan_spec(decision={"yes_means": "The loan is refused."})) == 0.5


def test_the_threshold_travels_with_the_package_into_every_answer(tmp_path: Path) -> None:
    fitted, package = fit_and_build(loan_spec(decision=DECISION), "linear", loans(), tmp_path)
    assert package.signature.threshold == fitted.signature.threshold == 0.2
    later = loans(200, seed=9)
    answers = Predictor.load(package).predict_table(later)
    said_yes = np.array(answers.predictions) == "true"
    assert (said_yes == (answers.scores >= 0.2)).all()
    assert answers.predictions == fitted.answer(later).predictions
    between = (answers.scores >= 0.2) & (answers.scores < 0.5)
    assert between.any()


def test_a_package_older_than_thresholds_answers_as_it_always_did() -> None:
    written = json.loads(json.dumps(signature_of(loan_spec(), loans(), ("false", "true")).to_json()))
    assert written.pop("threshold") == 0.5
    assert Signature.from_json(written).threshold == 0.5


def test_the_threshold_of_least_cost_costs_least(tmp_path: Path) -> None:
    # Elkan's threshold is the cheapest where the scores are true probabilities.
    draw = np.random.default_rng(1)
    scores = draw.random(20_000)
    happened = draw.random(20_000) < scores
    spec = loan_spec(decision=DECISION)
    assert spec.decision is not None
    assert spec.decision.costs is not None

    def cost(threshold: float) -> float:
        said = scores >= threshold
        return float(np.mean((said & ~happened) * 1 + (~said & happened) * 4))

    grid = np.linspace(0, 1, 101)
    assert grid[np.argmin([cost(threshold) for threshold in grid])] == pytest.approx(0.2, abs=0.04)
