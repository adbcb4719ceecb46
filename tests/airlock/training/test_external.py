"""A pipeline from elsewhere, of each task, held against the spec."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from airlock.package.fitted import Fitted
from airlock.package.origin import Origin
from airlock.spec import ModelSpec
from airlock.training.errors import ExternalError
from airlock.training.external import adopt
from tests.airlock.loans import COLUMNS, LINEAR, loan_spec

IRIS = load_iris()
PETALS = pd.DataFrame({"debt": IRIS.data[:, 3], "income": IRIS.data[:, 2]})
SPECIES, LENGTHS = IRIS.target_names[IRIS.target], IRIS.data[:, 0]
ORIGIN = Origin(7, "bob", None, "models:/m-1", "f" * 64)


def flowers(task: str) -> tuple[ModelSpec, pa.Table]:
    """Return a spec of the task and its rows."""
    metric = "accuracy" if task == "multiclass" else "r2"
    kind = "category" if task == "multiclass" else "number"
    target = {"role": "target", "kind": kind, "classification": "business"}
    spec = loan_spec(
        candidates={"it": LINEAR if task == "multiclass" else {"estimator": "sklearn.linear_model.Ridge"}},
        task=task,
        training={"select_by": metric, "split": {"by": "random"}},
        gates={"limits": [], "champion": {"metric": metric}},
        data={
            "event_time": None,
            "positive": None,
            "target": "kind_of",
            "columns": {name: COLUMNS[name] for name in ("loan", "income", "debt")} | {"kind_of": target},
        },
    )
    truth = SPECIES if task == "multiclass" else LENGTHS
    rows = {"loan": [str(row) for row in range(150)], "income": PETALS["income"], "debt": PETALS["debt"]}
    return spec, pa.table({**rows, "kind_of": pa.array(truth)})


def adopted(task: str, pipeline: Any) -> Fitted:
    spec, rows = flowers(task)
    return adopt(spec, pipeline, ORIGIN, train=rows, holdout=rows)


class TakesNaN:
    """What a pipeline that fills in missing values is, in short."""

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        return super().predict(rows.fillna(0.0))  # type: ignore[misc]

    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        return super().predict_proba(rows.fillna(0.0))  # type: ignore[misc]


class Classifier(TakesNaN, LogisticRegression):
    pass


class Regressor(TakesNaN, Ridge):
    pass


class Endless(Regressor):
    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        return super().predict(rows) / 0.0 if len(rows) else np.empty(0)


class Unsure(Classifier):
    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        return super().predict_proba(rows) / 2


def test_one_of_several_classes_answers_in_its_own_order_of_features() -> None:
    fitted = adopted("multiclass", Classifier(max_iter=500).fit(PETALS, SPECIES))
    assert fitted.signature.classes == ("setosa", "versicolor", "virginica")
    assert tuple(fitted.signature.kinds) == ("debt", "income")
    answers = fitted.answer(flowers("multiclass")[1])
    assert np.mean(np.array(answers.predictions) == SPECIES) > 0.9
    assert (fitted.rows, fitted.trained_until, fitted.cross_validation) == (None, None, {})


def test_numbers_are_predicted() -> None:
    fitted = adopted("regression", Regressor().fit(PETALS, LENGTHS))
    assert fitted.signature.classes == ()
    assert np.corrcoef(fitted.answer(flowers("regression")[1]).scores, LENGTHS)[0, 1] > 0.8
    assert fitted.parameters["alpha"] == 1.0


@pytest.mark.parametrize(
    ("task", "pipeline", "told"),
    [
        (
            "regression",
            Classifier(max_iter=500).fit(PETALS, SPECIES),
            "task regression needs a regressor",
        ),
        ("multiclass", LinearRegression().fit(PETALS, LENGTHS), "needs a classifier with predict_proba"),
        ("multiclass", LinearSVC().fit(PETALS, SPECIES), "is a LinearSVC.* needs a classifier"),
        (
            "multiclass",
            Classifier().fit(PETALS[50:], SPECIES[50:]),
            "answers with versicolor, virginica",
        ),
        ("multiclass", Unsure(max_iter=500).fit(PETALS, SPECIES), "probabilities, which add up to 1"),
        (
            "regression",
            Ridge().fit(PETALS, LENGTHS),
            "row with missing values: Input X contains",
        ),
        ("regression", Ridge().fit(PETALS[["debt"]], LENGTHS), "it was fitted without income"),
        ("regression", Ridge().fit(PETALS.to_numpy(), LENGTHS), "does not say which features"),
    ],
)
def test_what_does_not_answer_the_question_is_refused_with_what_is_wrong(
    task: str, pipeline: Any, told: str
) -> None:
    with pytest.raises(ExternalError, match=f"loans version 7 .*{told}"):
        adopted(task, pipeline)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_an_answer_that_is_no_number_is_refused() -> None:
    with pytest.raises(ExternalError, match="the held-out rows with one finite number for each"):
        adopted("regression", Endless().fit(PETALS, LENGTHS))
