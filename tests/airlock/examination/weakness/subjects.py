"""Subjects for tests: a small real model of the loans, and answers that are true to the outcomes or not."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from airlock.examination.subject import Subject
from airlock.examination.weakness.perturbations import numbers
from airlock.package.answers import Answers
from airlock.package.describe import signature_of
from airlock.package.labels import truth_of
from airlock.package.predictor import Predictor
from airlock.spec import ModelSpec, Task
from airlock.training.candidate import fit
from tests.airlock.loans import COLUMNS, loan_spec, loans

REGRESSION: dict[str, Any] = {
    "task": "regression",
    "training": {"select_by": "rmse"},
    "gates": {"limits": [], "champion": {"metric": "rmse"}},
    "data": {
        "target": "debt",
        "positive": None,
        "columns": COLUMNS
        | {
            "debt": {"role": "target", "kind": "number", "classification": "business"},
            "defaulted": {"role": "ignored", "classification": "business"},
        },
    },
    "candidates": {"linear": {"estimator": "sklearn.linear_model.LinearRegression"}},
}


def modelled(spec: ModelSpec, rows: int = 600) -> Subject:
    """Return the spec's first candidate, fitted on some loans, beside others."""
    name = next(iter(spec.training.candidates))
    fitted = fit(spec, name, loans(800, seed=1), models=Path("models"))
    return answered(spec, fitted.pipeline, loans(rows, seed=2))


def answered(spec: ModelSpec, pipeline: Any, rows: pa.Table) -> Subject:
    """Return whatever answers as a subject beside rows."""
    truth = truth_of(rows, spec.data.target, spec.task)
    classes = () if spec.task is Task.REGRESSION else tuple(str(label) for label in pipeline.classes_)
    predictor = Predictor(signature_of(spec, rows, classes), pipeline)
    return Subject(spec, predictor, rows, truth, predictor.predict_table(rows))


def believing(rows: pa.Table, belief: np.ndarray, happened: np.ndarray) -> Subject:
    """Return a subject that gave each loan a probability of default, and what became of the loans."""
    place = rows.column_names.index("defaulted")
    rows = rows.set_column(place, "defaulted", pa.array(happened))
    spec = loan_spec()
    signature = signature_of(spec, rows, ("false", "true"))
    said = ["true" if probability >= 0.5 else "false" for probability in belief]
    answers = Answers(belief, said, np.column_stack([1 - belief, belief]))
    return Subject(spec, Predictor(signature, None), rows, np.where(happened, "true", "false"), answers)


def of_three_classes() -> Subject:
    """Return a model of three classes, which are thirds of the debt."""
    ignored = {"role": "ignored", "classification": "business"}
    kinds = {"role": "target", "kind": "category", "classification": "business"}
    columns = COLUMNS | {"defaulted": ignored, "third": kinds}
    spec = loan_spec(
        task="multiclass",
        data={"positive": None, "target": "third", "columns": columns},
        training={"select_by": "accuracy"},
        gates={"limits": [], "champion": {"metric": "accuracy"}},
        rules=[{"feature": "debt", "goes": "up", "score": "must_not_fall"}],
    )
    rows = loans(600)
    thirds = np.searchsorted([2000, 4000], numbers(rows, "debt"))
    rows = rows.append_column("third", pa.array(np.array(["low", "middle", "high"])[thirds]))
    fitted = fit(spec, "linear", rows, models=Path("models"))
    return answered(spec, fitted.pipeline, rows)


class Formula:
    """A pipeline that is a formula of the frame."""

    classes_ = ("false", "true")

    def __init__(self, formula: Any) -> None:
        self.formula = formula

    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        yes = np.asarray(self.formula(rows), dtype=np.float64)
        return np.column_stack([1 - yes, yes])

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.formula(rows), dtype=np.float64)


def income_counts(rows: pd.DataFrame) -> np.ndarray:
    """Give less risk for more income, and an even chance where it is missing."""
    return (1 / (1 + np.exp((rows["income"] - 3000) / 1000))).fillna(0.5).to_numpy()
