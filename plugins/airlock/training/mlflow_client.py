"""The MLflow client of this process, for the server named by MLFLOW_TRACKING_URI."""

import os
import warnings
from typing import TYPE_CHECKING

from airlock.settings import SettingsError

if TYPE_CHECKING:
    from mlflow import MlflowClient


def client() -> "MlflowClient":
    """Return a client for the MLflow server.

    Raises
    ------
    SettingsError
        When MLFLOW_TRACKING_URI is not set: MLflow would write into a folder that nobody looks at.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI")
    if not uri:
        raise SettingsError(
            "MLFLOW_TRACKING_URI is not set. `make up` sets it for every service; "
            'in a shell of your own, run eval "$(make env)" first.'
        )
    with warnings.catch_warnings():
        # MLflow warns of its own type hints while it is imported.
        warnings.filterwarnings("ignore", message=".*Any type hint is inferred as AnyType")
        from mlflow import MlflowClient
    return MlflowClient(tracking_uri=uri, registry_uri=uri)
