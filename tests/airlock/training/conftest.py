"""Fixtures: a real MLflow server for the session."""

from collections.abc import Callable, Iterator

import pytest

from tests.airlock.mlflow_server import mlflow_server


@pytest.fixture(scope="session")
def _mlflow_url(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(new_database(), tmp_path_factory.mktemp("mlflow")) as url:
        yield url


@pytest.fixture
def mlflow_url(_mlflow_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of a running MLflow server, named in the environment as the stack does."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", _mlflow_url)
    return _mlflow_url
