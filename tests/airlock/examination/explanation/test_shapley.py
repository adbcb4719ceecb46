"""Shapley values: base and contributions add up to what the model answers, whatever it is made of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import logit
from sklearn.inspection import permutation_importance

from airlock.examination.explanation.importance import importance
from airlock.examination.explanation.shapley import (
    LOG_ODDS,
    LOG_WEIGHT,
    PROBABILITY,
    Contributions,
    Explainer,
    explainer_for,
)
from airlock.examination.subject import Subject
from airlock.package.frame import frame
from tests.airlock.examination.explanation.subjects import (
    BOOSTED,
    BOOSTED_NUMBERS,
    FOREST,
    GLASS,
    NEIGHBOURS,
    OWN,
    POISSON,
    RIDGE,
    of_numbers,
    of_three,
    subject,
)
from tests.airlock.loans import LINEAR

Made = tuple[Subject, pa.Table]
TREES_SAY, LINE_SAYS, GLASS_SAYS, ASKED = "trees", "linear", "terms", "sampled"


def explained(made: Made, rows: int = 40) -> tuple[Explainer, Contributions]:
    who, train = made
    kinds = who.predictor.signature.kinds
    explainer = explainer_for(who.predictor, frame(train, kinds), unit="EUR", seed=7)
    return explainer, explainer.explain(frame(who.rows.slice(0, rows), kinds))


def totals(contributions: Contributions) -> np.ndarray:
    return contributions.base + contributions.values.sum(axis=1)


@pytest.mark.parametrize(
    ("make", "candidate", "unit", "method"),
    [
        (subject, LINEAR, LOG_ODDS, LINE_SAYS),
        (subject, BOOSTED, LOG_ODDS, TREES_SAY),
        (subject, FOREST, PROBABILITY, TREES_SAY),
        (subject, GLASS, LOG_ODDS, GLASS_SAYS),
        (subject, NEIGHBOURS, PROBABILITY, ASKED),
        (subject, OWN, PROBABILITY, ASKED),
        (of_three, LINEAR, LOG_WEIGHT, LINE_SAYS),
        (of_three, BOOSTED, LOG_WEIGHT, TREES_SAY),
        (of_three, FOREST, PROBABILITY, TREES_SAY),
        (of_three, NEIGHBOURS, PROBABILITY, ASKED),
        (of_numbers, RIDGE, "EUR", LINE_SAYS),
        (of_numbers, BOOSTED_NUMBERS, "EUR", TREES_SAY),
        (of_numbers, POISSON, "EUR", ASKED),
    ],
)
def test_base_and_contributions_add_up_to_the_answer(
    make: Callable[[dict[str, Any], Path], Made],
    candidate: dict[str, Any],
    unit: str,
    method: str,
    tmp_path: Path,
) -> None:
    made = make(candidate, tmp_path)
    explainer, contributions = explained(made)
    scores = made[0].answers.scores[:40]
    assert (explainer.unit, method in explainer.method) == (unit, True)
    assert contributions.features == ("income", "debt", "housing", "insured")
    if unit == LOG_ODDS:
        np.testing.assert_allclose(totals(contributions), logit(scores), atol=1e-6)
    elif unit == LOG_WEIGHT:
        assert_classes_add_up(made[0], explainer)
    else:
        np.testing.assert_allclose(totals(contributions), scores, rtol=1e-9, atol=1e-12)


def assert_classes_add_up(who: Subject, explainer: Explainer) -> None:
    rows = frame(who.rows, who.predictor.signature.kinds)
    values, base = explainer.raw(rows)
    weights = np.exp(base + values.sum(axis=1))
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, who.answers.probabilities, atol=1e-6)


def test_a_positive_class_that_is_first_in_the_alphabet_is_the_one_explained(tmp_path: Path) -> None:
    who, train = subject(BOOSTED, tmp_path, data={"positive": False})
    _, contributions = explained((who, train))
    np.testing.assert_allclose(totals(contributions), logit(who.answers.scores[:40]), atol=1e-6)


def test_a_feature_the_model_does_not_use_contributes_nothing(tmp_path: Path) -> None:
    stump = BOOSTED | {"parameters": {"max_iter": 3, "max_leaf_nodes": 2}}
    who, train = subject(stump, tmp_path)
    _, contributions = explained((who, train))
    assert (contributions.values[:, contributions.features.index("insured")] == 0).all()


def test_contributions_of_a_linear_model_are_its_coefficients_times_the_distance_from_the_mean(
    tmp_path: Path,
) -> None:
    who, train = of_numbers(RIDGE, tmp_path)
    _, contributions = explained((who, train))
    pipeline = who.predictor.pipeline
    scaler = pipeline[0].named_transformers_["numbers"][-1]
    debt = who.rows["debt"].to_numpy()[:40]
    slope = pipeline[-1].coef_[1] / scaler.scale_[1]
    np.testing.assert_allclose(
        contributions.values[:, 1], slope * (debt - train["debt"].to_numpy().mean()), rtol=1e-9
    )


@pytest.mark.parametrize("candidate", [BOOSTED, NEIGHBOURS], ids=["known", "sampled"])
def test_the_same_rows_are_explained_the_same(candidate: dict[str, Any], tmp_path: Path) -> None:
    made = subject(candidate, tmp_path)
    first, second = explained(made)[1], explained(made)[1]
    assert (first.values == second.values).all()
    assert (first.base == second.base).all()


def test_the_most_important_feature_is_that_of_permutation_importance(tmp_path: Path) -> None:
    who, train = subject(BOOSTED, tmp_path)
    _, contributions = explained((who, train), rows=250)
    rows = frame(who.rows, who.predictor.signature.kinds)
    permuted = permutation_importance(
        who.predictor.pipeline, rows, who.truth, scoring="neg_log_loss", n_repeats=5, random_state=1
    )
    ranked = importance(contributions)
    assert len(ranked) == 4
    assert ranked[0][0] == rows.columns[permuted.importances_mean.argmax()] == "debt"
    assert ranked[-1][0] == "insured"
