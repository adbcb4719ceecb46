"""Models that somebody trains outside of Airlock and registers in MLflow by hand."""

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from airlock.package.frame import frame
from airlock.spec import ModelSpec
from airlock.spec.columns import Kind
from airlock.training.mlflow_client import client

USER = "bob"
FEATURES = ("debt", "income", "housing", "insured")  # another order than the spec's


def fitted(
    table: pa.Table,
    spec: ModelSpec,
    *,
    features: Sequence[str] = FEATURES,
    estimator: Any = None,
    truth: Callable[[pa.Table], Any] | None = None,
) -> Pipeline:
    """Return a pipeline fitted on a table, as a data scientist would fit it in a notebook."""
    rows = _rows(table, spec, features)
    texts = [name for name in features if rows[name].dtype == object]
    numbers = [name for name in features if name not in texts]
    prepare = make_column_transformer(
        (SimpleImputer(strategy="median"), numbers),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts),
    )
    made = make_pipeline(prepare, estimator if estimator is not None else LogisticRegression(max_iter=2000))
    return made.fit(rows, truth(table) if truth else table[spec.data.target].to_numpy(zero_copy_only=False))


def _rows(table: pa.Table, spec: ModelSpec, features: Sequence[str]) -> pd.DataFrame:
    kinds = {name: spec.data.kind_of(name) or Kind.CATEGORY for name in features}
    return frame(table, kinds)


def register(model: str, saved: BaseEstimator, **how: Any) -> int:
    """Register a fitted pipeline in MLflow by hand and return its version."""
    import mlflow.sklearn

    mlflow.set_tracking_uri(client().tracking_uri)
    mlflow.set_experiment("notebooks")
    with mlflow.start_run(tags={"mlflow.user": USER}):
        info = mlflow.sklearn.log_model(
            saved,
            name="model",
            registered_model_name=model,
            pip_requirements=["scikit-learn"],
            skops_trusted_types=["numpy.dtype"],
            **{"serialization_format": "skops"} | how,
        )
    return int(info.registered_model_version)


class WritesAFile:
    """What runs when it is unpickled: it writes a file, as a thief would open a socket."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return Path.touch, (self.place,)


def malicious_pickle(place: Path) -> bytes:
    """Return a pickle that touches `place` when it is loaded."""
    return pickle.dumps(WritesAFile(place))
