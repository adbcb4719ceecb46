"""Exposure: a model that learned by heart gives it away, and one that did not does not."""

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from airlock.examination.subject import Subject
from airlock.examination.weakness.exposure import Exposure, auc_and_error, measure_exposure
from airlock.package.labels import truth_of
from airlock.package.predictor import Predictor
from airlock.spec import ModelSpec
from airlock.training.candidate import fit
from tests.airlock.examination.weakness.subjects import Formula, answered
from tests.airlock.loans import LINEAR, loan_spec, loans

BY_CHANCE = {"split": {"by": "random", "holdout": 0.25}}
BY_HEART = {
    "estimator": "sklearn.tree.DecisionTreeClassifier",
    "preprocessing": "one_hot",
    "parameters": {"min_samples_leaf": 1},
}


def exposed(spec: ModelSpec, train: pa.Table, holdout: pa.Table) -> Exposure:
    fitted = fit(spec, "it", train, models=Path("models"))
    predictor = Predictor(fitted.signature, fitted.pipeline)
    truth = truth_of(holdout, spec.data.target, spec.task)
    subject = Subject(spec, predictor, holdout, truth, predictor.predict_table(holdout))
    return measure_exposure(subject, train)


def test_a_model_that_learned_by_heart_is_exposed_and_a_plain_one_is_not() -> None:
    table = loans(4000)
    train, holdout = table[:3000], table[3000:]
    heart = exposed(loan_spec(candidates={"it": BY_HEART}, training=BY_CHANCE), train, holdout)
    plain = exposed(loan_spec(candidates={"it": LINEAR}, training=BY_CHANCE), train, holdout)
    assert heart.low > 0.6
    assert plain.low < 0.5 < plain.high
    assert (plain.rows, plain.measures) == (1000, {"membership_auc": plain.auc})
    assert plain.sentence == (
        f"Whoever knows a row and its outcome can tell with AUC {plain.auc:.3f} ({plain.low:.3f} to "
        f"{plain.high:.3f}) whether the model learned from it; 0.5 is chance."
    )


def test_where_the_split_is_by_time_the_newest_rows_are_held_against_the_oldest_held_out_ones() -> None:
    spec = loan_spec(candidates={"it": LINEAR})
    table = loans(2000)
    train, holdout = table[:1600], table[1600:]
    mixed = train.take(np.random.default_rng(1).permutation(1600))
    found = exposed(spec, train, holdout)
    assert found == exposed(spec, mixed, holdout)
    assert found.rows == 400
    assert found.sentence.endswith("are newer, and part of this may be the times.")


@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(2, 60))
def test_the_area_is_that_of_scikit_learn(seed: int, many: int, few: int) -> None:
    draw = np.random.default_rng(seed)
    positives, negatives = draw.integers(0, 9, many) * 1.0, draw.integers(0, 8, few) * 1.0
    auc, error = auc_and_error(positives, negatives)
    truth = np.repeat([1, 0], [many, few])
    assert auc == pytest.approx(roc_auc_score(truth, np.concatenate([positives, negatives])))
    assert error >= 0


def test_the_error_is_that_of_many_draws() -> None:
    draw = np.random.default_rng(1)
    areas, errors = zip(
        *(auc_and_error(draw.normal(0.5, 1, 200), draw.normal(0, 2, 300)) for _ in range(400)), strict=True
    )
    assert np.std(areas) == pytest.approx(np.mean(errors), rel=0.1)


def test_answers_that_are_no_numbers_and_too_few_rows_leave_no_figure() -> None:
    spec = loan_spec(training=BY_CHANCE)
    broken = answered(spec, Formula(lambda frame: np.full(len(frame), np.nan)), loans(50))
    for train in (loans(50), loans(1)):
        found = measure_exposure(broken, train)
        assert math.isnan(found.auc)
        assert found.to_json()["measures"] == {"membership_auc": None}
        assert "cannot be told" in found.sentence
