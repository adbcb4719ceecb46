"""The portable form: what it answers, and what becomes of a model that cannot have one."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from airlock.package.fitted import Fitted
from airlock.package.portable import portable_of
from airlock.training.candidate import fit
from airlock.training.split import split
from tests.airlock.loans import LINEAR, TREES, loan_spec, loans

FOREST = {"estimator": "sklearn.ensemble.RandomForestClassifier", "parameters": {"n_estimators": 10}}
NEIGHBOURS = {"estimator": "sklearn.semi_supervised.LabelSpreading", "parameters": {"max_iter": 1}}
INCOME = {"role": "target", "kind": "number", "classification": "personal"}


def fitted(folder: Path, candidate: dict[str, Any], **model: Any) -> tuple[Fitted, pa.Table]:
    """Fit a candidate, and return it with its hold-out."""
    spec, table = loan_spec(candidates={"one": candidate}, **model), loans(1500)
    parts = split(table, spec)
    (folder / "loans").mkdir(exist_ok=True)
    return fit(spec, "one", table.take(parts.train), models=folder), table.take(parts.holdout)


@pytest.mark.parametrize("candidate", [LINEAR, TREES, FOREST], ids=["linear", "trees", "forest"])
def test_a_classifier_in_onnx_answers_like_the_original(tmp_path: Path, candidate: dict[str, Any]) -> None:
    found, model = portable_of(*fitted(tmp_path, candidate))
    assert model and found.format == "onnx"
    assert found.equal_decisions == 1.0
    assert found.largest_difference < 1e-5
    assert "same decision on all 375 held-out rows" in found.sentence


@pytest.mark.parametrize("estimator", ["linear_model.Ridge", "ensemble.HistGradientBoostingRegressor"])
def test_a_regression_in_onnx_answers_like_the_original(tmp_path: Path, estimator: str) -> None:
    data = {"target": "debt", "positive": None}
    columns = {
        "debt": {"role": "target", "kind": "number", "classification": "personal"},
        "defaulted": {"role": "ignored", "classification": "business"},
    }
    metrics = {"training": {"select_by": "rmse"}, "gates": {"limits": [], "champion": {"metric": "rmse"}}}
    one, rows = fitted(
        tmp_path,
        {"estimator": f"sklearn.{estimator}"},
        task="regression",
        data=data,
        columns=columns,
        **metrics,
    )
    found, model = portable_of(one, rows)
    assert model and found.format == "onnx", found.sentence


def test_several_classes_in_onnx_answer_like_the_original(tmp_path: Path) -> None:
    columns = {
        "housing": {"role": "target", "kind": "category", "classification": "personal"},
        "defaulted": {"role": "ignored", "classification": "business"},
    }
    spec = loan_spec(
        candidates={"one": TREES},
        task="multiclass",
        data={"target": "housing", "positive": None},
        columns=columns,
        training={"select_by": "log_loss"},
        gates={"limits": [], "champion": {"metric": "log_loss"}},
    )
    table = loans(1500).drop_columns(["defaulted"])
    table = table.filter(pa.compute.is_valid(table["housing"]))
    parts = split(table, spec)
    (tmp_path / "loans").mkdir()
    one = fit(spec, "one", table.take(parts.train), models=tmp_path)
    found, model = portable_of(one, table.take(parts.holdout))
    assert model and found.format == "onnx", found.sentence


def test_missing_values_and_new_categories_are_answered_alike(tmp_path: Path) -> None:
    one, rows = fitted(tmp_path, LINEAR)
    strange = pa.table(
        {
            "income": pa.array([None, 1e6, 0.0]),
            "debt": pa.array([None, None, 5.0]),
            "housing": pa.array([None, "a castle", "rent"]),
            "insured": pa.array([None, True, False]),
        }
    )
    found, _ = portable_of(one, strange)
    assert found.format == "onnx", found.sentence


@pytest.mark.parametrize("candidate", ["LINEAR", "TREES"])
def test_the_same_training_gives_the_same_bytes_in_every_process(tmp_path: Path, candidate: str) -> None:
    program = (
        "import sys; from pathlib import Path; from airlock.package.portable import convert; "
        "from tests.airlock.package import test_portable as t; "
        "sys.stdout.buffer.write(convert(t.fitted(Path(sys.argv[1]), getattr(t, sys.argv[2]))[0]))"
    )
    one, other = (
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path), candidate],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("0", "1")  # by which skl2onnx orders a set in two ways
    )
    assert one == other


def test_a_model_that_no_converter_knows_has_none_and_says_so(tmp_path: Path) -> None:
    found, model = portable_of(*fitted(tmp_path, NEIGHBOURS, columns={}))
    assert model is None
    assert found.to_json()["format"] is None
    assert found.to_json()["equal_decisions"] is None
    assert "LabelSpreading cannot be converted" in found.sentence
    assert "the original is served" in found.sentence


def test_a_form_that_answers_otherwise_is_not_kept(tmp_path: Path) -> None:
    # A forest in ONNX knows nothing of missing values, which `ordinal` leaves to it.
    one, rows = fitted(tmp_path, FOREST | {"preprocessing": "ordinal"})
    found, model = portable_of(one, rows)
    assert model is None
    assert found.format is None
    assert found.largest_difference > 0.01
    assert found.equal_decisions < 1
    assert "converted, it decides" in found.sentence
