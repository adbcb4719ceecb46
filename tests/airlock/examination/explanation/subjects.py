"""Subjects for tests of explanations: the loans, told apart by two classes, three classes or a number."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.examination.subject import Subject
from airlock.spec import ModelSpec
from airlock.training.split import split
from tests.airlock.loans import TREES, loan_spec, loans
from tests.airlock.packaging import fit_and_build

ORDINAL = {"preprocessing": "ordinal"}
BOOSTED = TREES | {"search": None}
FOREST = ORDINAL | {
    "estimator": "sklearn.ensemble.RandomForestClassifier",
    "parameters": {"n_estimators": 10},
}
GLASS = ORDINAL | {
    "estimator": "interpret.glassbox.ExplainableBoostingClassifier",
    "parameters": {"interactions": 1, "outer_bags": 2, "max_rounds": 200, "n_jobs": 1},
}
NEIGHBOURS = {"estimator": "sklearn.neighbors.KNeighborsClassifier"}
OWN = {"estimator": "airlock_models.loans.mine.Mine"}
MINE = """
import numpy as np
from sklearn.linear_model import LogisticRegression


class Mine(LogisticRegression):
    def predict_proba(self, rows):
        careful = 0.1 + 0.8 * super().predict_proba(rows)[:, 1:]
        return np.hstack([1 - careful, careful])
"""
RIDGE = {"estimator": "sklearn.linear_model.Ridge"}
BOOSTED_NUMBERS = BOOSTED | {"estimator": "sklearn.ensemble.HistGradientBoostingRegressor"}
POISSON = BOOSTED_NUMBERS | {"parameters": {"loss": "poisson", "max_iter": 20}}


def subject(candidate: dict[str, Any], folder: Path, **spec: Any) -> tuple[Subject, pa.Table]:
    """Fit a candidate on the loans; return it beside its hold-out, and its training rows."""
    return _made(loan_spec(candidates={"it": candidate}, **spec), loans(), folder)


def of_three(candidate: dict[str, Any], folder: Path) -> tuple[Subject, pa.Table]:
    """The same for three classes: loans by the part of their income that the debt takes."""
    table = loans()
    share = table["debt"].to_numpy() / np.nan_to_num(table["income"].to_numpy(), nan=3000)
    labels = np.array(["light", "middling", "heavy"])[np.digitize(share, [0.6, 1.4])]
    spec = loan_spec(
        task="multiclass",
        candidates={"it": candidate},
        columns={"defaulted": {"role": "target", "kind": "category", "classification": "business"}},
        data={"positive": None},
        training={"select_by": "accuracy"},
        gates={"limits": [], "champion": {"metric": "accuracy"}},
    )
    return _made(spec, _with_target(table, pa.array(labels)), folder)


def of_numbers(candidate: dict[str, Any], folder: Path) -> tuple[Subject, pa.Table]:
    """The same for a number: thrice the debt, less for those who are insured."""
    table = loans()
    insured = np.nan_to_num(table["insured"].cast(pa.float64()).to_numpy())
    spec = loan_spec(
        task="regression",
        candidates={"it": candidate},
        columns={
            "defaulted": {"role": "target", "kind": "number", "classification": "business", "unit": "EUR"}
        },
        data={"positive": None},
        training={"select_by": "r2"},
        gates={"limits": [], "champion": {"metric": "r2"}},
    )
    return _made(spec, _with_target(table, pa.array(3 * table["debt"].to_numpy() - 1000 * insured)), folder)


def _with_target(table: pa.Table, target: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index("defaulted"), "defaulted", target)


def _made(spec: ModelSpec, table: pa.Table, folder: Path) -> tuple[Subject, pa.Table]:
    (folder / "models" / "loans").mkdir(parents=True)
    (folder / "models" / "loans" / "mine.py").write_text(MINE)
    _, package = fit_and_build(spec, "it", table, folder)
    parts = split(table, spec)
    return Subject.of(spec, package, table.take(parts.holdout)), table.take(parts.train)
