"""The app as Airflow mounts it, on a real database, with and without a login."""

import atexit
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from airlock.governance.grants import READER
from tests.airlock.database_roles import as_role

# Airflow reads its home while it is imported, and would make one in the user's own.
if "AIRFLOW_HOME" not in os.environ:
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airlock-airflow-")
    atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An include folder of this test's own, with the project's models."""
    folder = tmp_path / "include"
    shutil.copytree(ROOT / "include", folder)
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(folder))
    return folder


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An evidence store of this test's own."""
    folder = tmp_path / "store"
    monkeypatch.setenv("AIRLOCK_STORE", str(folder))
    return folder


@pytest.fixture
def app(include: Path, store: Path, airlock_database: str, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The pages, mounted where Airflow mounts them."""
    monkeypatch.setenv("AIRLOCK_DATABASE_URL", as_role(READER, airlock_database))
    with warnings.catch_warnings():
        # Airflow warns about itself while it is imported.
        warnings.simplefilter("ignore")
        from airlock.ui.app import create_app
    outer = FastAPI()
    outer.mount("/airlock", create_app())
    return outer


@pytest.fixture
def anonymous(app: FastAPI) -> Iterator[TestClient]:
    """Somebody who is not logged in."""
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def browser(app: FastAPI) -> Iterator[TestClient]:
    """A browser of somebody who is logged in; how one logs in is for test_login."""
    from airlock.ui.app import GUARD

    app.routes[-1].app.dependency_overrides[GUARD] = lambda: None
    with TestClient(app, headers={"accept": "text/html"}, follow_redirects=False) as client:
        yield client
