"""Many rows: trees as masks answer as the proved form does, or are not used."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from airlock.package.frame import columns_of
from airlock.package.package import Package
from airlock.package.predictor import Predictor
from airlock.package.scorer import Scorer
from airlock.scoring import masks as masks_module
from airlock.scoring.many import MaskedScorer, for_many_rows
from tests.airlock.loans import LINEAR, TREES, loan_spec, loans
from tests.airlock.packaging import fit_and_build

BOOSTED: dict[str, Any] = {**TREES, "search": None}
LARGE = {**BOOSTED, "parameters": {"max_iter": 3, "max_leaf_nodes": 60, "min_samples_leaf": 2}}
OLDER = {**BOOSTED, "estimator": "sklearn.ensemble.GradientBoostingClassifier", "preprocessing": "one_hot"}
OLDER["parameters"] = {"n_estimators": 5}
SPEC = loan_spec(candidates={"linear": LINEAR, "trees": BOOSTED, "large": LARGE, "older": OLDER})


def with_holes(rows: int) -> pa.Table:
    """Loans of which many lack a number or a category."""
    table, draw = loans(rows, seed=3), np.random.default_rng(0)
    for name in ("income", "debt", "housing"):
        values = pa.array(table[name].to_pylist(), table[name].type)
        holes = pa.array(draw.random(rows) < 0.2)
        kept = pc.if_else(holes, pa.scalar(None, values.type), values)
        table = table.set_column(table.column_names.index(name), name, kept)
    return table


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return fit_and_build(SPEC, "trees", with_holes(1000), tmp_path_factory.mktemp("trees"))[1]


@pytest.mark.parametrize("rows", [1, masks_module.BLOCK, 3001])
def test_masks_answer_as_the_portable_form_and_the_original(package: Package, rows: int) -> None:
    scorer = Scorer.load(package)
    masked = for_many_rows(scorer, package)
    assert isinstance(masked, MaskedScorer)
    table = with_holes(rows)
    answers = masked.predict_columns(columns_of(table, package.signature.kinds))
    portable = scorer.predict_columns(columns_of(table, package.signature.kinds))
    original = Predictor.load(package).predict_table(table)
    assert answers.predictions == portable.predictions == original.predictions
    np.testing.assert_allclose(answers.scores, portable.scores, atol=1e-6)
    np.testing.assert_allclose(answers.scores, original.scores, atol=1e-5)


def test_a_score_at_the_threshold_is_decided_by_the_whole_portable_form(package: Package) -> None:
    scorer = Scorer.load(package)
    columns = columns_of(with_holes(300), package.signature.kinds)
    score = float(scorer.predict_columns(columns).scores[7])
    for threshold in (np.nextafter(score, 0), score, np.nextafter(score, 1)):
        moved = replace(scorer, signature=replace(package.signature, threshold=float(threshold)))
        masked = for_many_rows(moved, package)
        assert isinstance(masked, MaskedScorer)
        masked = replace(masked, signature=moved.signature)
        answers, expected = masked.predict_columns(columns), moved.predict_columns(columns)
        assert answers.scores[7] == score
        assert answers.predictions == expected.predictions


def test_plain_rows_are_answered_alike(package: Package) -> None:
    scorer = Scorer.load(package)
    rows = [example["features"] for example in package.examples()]
    assert [answer.prediction for answer in for_many_rows(scorer, package).predict(rows)] == [
        answer.prediction for answer in scorer.predict(rows)
    ]


@pytest.fixture(params=["linear", "large"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Package]:
    yield fit_and_build(SPEC, request.param, loans(), tmp_path)[1]


def test_what_masks_cannot_do_is_answered_as_before(other: Package) -> None:
    scorer = Scorer.load(other)
    assert for_many_rows(scorer, other) is scorer


def test_prepared_trees_of_another_kind_are_masks_or_answered_as_before(tmp_path: Path) -> None:
    package = fit_and_build(SPEC, "older", loans(), tmp_path)[1]
    table = loans(500, seed=4)
    answers = for_many_rows(Scorer.load(package), package).predict_columns(
        columns_of(table, package.signature.kinds)
    )
    assert answers.predictions == Predictor.load(package).predict_table(table).predictions


def test_an_original_is_left_as_it_is(package: Package) -> None:
    predictor = Predictor.load(package)
    assert for_many_rows(predictor, package) is predictor


def test_masks_that_answer_otherwise_are_not_used(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer, true = Scorer.load(package), masks_module.Masks.probabilities
    for wrong in (lambda *asked: true(*asked) + 2e-5, lambda *asked: true(*asked)[:, ::-1]):
        monkeypatch.setattr(masks_module.Masks, "probabilities", wrong)
        assert for_many_rows(scorer, package) is scorer
    monkeypatch.setattr(masks_module.Masks, "probabilities", lambda *asked: true(*asked) * np.nan)
    assert for_many_rows(scorer, package) is scorer
