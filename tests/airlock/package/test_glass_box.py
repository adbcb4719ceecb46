"""The glass box: explainable boosting goes through fitting, packaging and answering like every candidate."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import skops.io
from interpret.glassbox import ExplainableBoostingClassifier, LogisticRegression

from airlock.package.errors import PackageError
from airlock.package.fitted import Fitted
from airlock.package.package import Package
from airlock.package.predictor import Predictor
from airlock.package.trust import trusted_types
from airlock.spec import ModelSpec
from tests.airlock.loans import LINEAR, loan_spec, loans
from tests.airlock.packaging import fit_and_build

BOUNDED = {"interactions": 0, "outer_bags": 4, "max_rounds": 2000, "n_jobs": 1}
GLASS = {
    "estimator": "interpret.glassbox.ExplainableBoostingClassifier",
    "preprocessing": "ordinal",
    "parameters": BOUNDED,
}
SPEC = loan_spec(candidates={"glass": GLASS, "linear": LINEAR})


def of_debt(table: pa.Table) -> tuple[ModelSpec, pa.Table]:
    """The loans, with the debt to be predicted from the rest."""
    target = {"role": "target", "kind": "number", "classification": "business"}
    glass = GLASS | {"estimator": "interpret.glassbox.ExplainableBoostingRegressor"}
    spec = loan_spec(
        task="regression",
        candidates={"glass": glass},
        columns={"debt": {"role": "ignored", "classification": "personal"}, "defaulted": target},
        data={"positive": None},
        training={"select_by": "r2"},
        gates={"limits": [], "champion": {"metric": "r2"}},
    )
    truth: Any = pa.array(table["debt"].to_numpy() + table["income"].fill_null(0.0).to_numpy())
    return spec, table.set_column(table.column_names.index("defaulted"), "defaulted", truth)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, Package]:
    return fit_and_build(SPEC, "glass", loans(), tmp_path_factory.mktemp("made"))


def test_a_loaded_glass_box_answers_as_it_did(made) -> None:
    fitted, package = made
    later = loans(200, seed=9)
    assert (fitted.answer(later).scores == Predictor.load(package).predict_table(later).scores).all()
    assert fitted.cross_validation["roc_auc"]["mean"] > 0.75
    assert not list(package.folder.rglob("*.pkl"))


def test_a_glass_box_for_numbers_is_packaged_too(tmp_path: Path) -> None:
    spec, table = of_debt(loans())
    fitted, package = fit_and_build(spec, "glass", table, tmp_path)
    assert (fitted.answer(table).scores == Predictor.load(package).predict_table(table).scores).all()


def test_the_same_training_gives_the_same_digest(made, tmp_path: Path) -> None:
    assert fit_and_build(SPEC, "glass", loans(), tmp_path)[1].digest == made[1].digest


def test_rows_of_nulls_and_of_values_never_seen_are_answered(made) -> None:
    rows = [
        {"income": None, "debt": None, "housing": None, "insured": None},
        {"income": 1e12, "debt": -1.0, "housing": "castle", "insured": True},
    ]
    scores = [answer.score for answer in Predictor.load(made[1]).predict(rows)]
    assert np.isfinite(scores).all()


def test_only_a_package_with_a_glass_box_depends_on_its_library(made, tmp_path: Path) -> None:
    linear = fit_and_build(SPEC, "linear", loans(), tmp_path)[1]
    assert "interpret-core" in made[1].provenance["libraries"]
    assert "interpret-core" not in linear.provenance["libraries"]
    assert "interpret-core" in (made[1].folder / "requirements.txt").read_text()


@pytest.mark.parametrize(
    "content",
    [LogisticRegression(), ExplainableBoostingClassifier(callback=LogisticRegression())],
    ids=["alone", "within a glass box"],
)
def test_nothing_else_of_its_library_may_be_loaded(content: object, tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    skops.io.dump(content, path)
    with pytest.raises(PackageError, match=r"interpret\.glassbox\._linear\.LogisticRegression"):
        trusted_types(path, "loans", tmp_path / "code")
