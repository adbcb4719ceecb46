"""The app as Airflow mounts it, on a real database, with and without a login."""

import atexit
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, update
from sqlalchemy.engine import Connection

from airlock.governance.grants import READER
from airlock.governance.tables import candidates, releases
from airlock.store import Store
from tests.airlock.database_roles import as_role
from tests.airlock.governance.records import register
from tests.airlock.ui.airflow_server import AirflowServer, airflow_server
from tests.airlock.ui.history import candidate, months, release

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Airflow reads its home while it is imported, and would make one in the user's own.
if "AIRFLOW_HOME" not in os.environ:
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airlock-airflow-")
    atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)

ROOT = Path(__file__).resolve().parents[3]
#: A Dag as Airflow knows it, whose run is that of a release.
RELEASE_RUN = "manual__first+run:1"
RELEASE_DAG = """
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG("loans.release", schedule="@daily", start_date=datetime(2026, 1, 1)):
    EmptyOperator(task_id="approve_1")
with DAG("loans.monitor", schedule=None):
    EmptyOperator(task_id="measure")
"""
CHROMIUM = shutil.which("chromium")
PATIENCE = 60_000  # milliseconds until something must have appeared


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
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.security import get_user

    from airlock.ui.app import GUARD

    somebody = SimpleAuthManagerUser(username="dana", role="user")
    app.routes[-1].app.dependency_overrides |= {GUARD: lambda: None, get_user: lambda: somebody}
    with TestClient(app, headers={"accept": "text/html"}, follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="session")
def airflow(
    new_database: Callable[[], str],
    new_airlock_database: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[AirflowServer]:
    """A real Airflow with the plugin and a model that has lived for months; tests only read it."""
    folder = tmp_path_factory.mktemp("airflow")
    records = new_airlock_database()
    engine = create_engine(records)
    with engine.begin() as conn:
        months(conn)
        asked_about(conn, Store(folder / "store"))
        register(conn, model="tumour_diagnosis")
    engine.dispose()
    environment = {
        "AIRLOCK_DATABASE_URL": as_role(READER, records),
        "AIRLOCK_INCLUDE": str(ROOT / "include"),
        "AIRLOCK_STORE": str(folder / "store"),
    }
    with airflow_server(new_database(), folder, dag=RELEASE_DAG, **environment) as server:
        yield server


def asked_about(conn: Connection, keeping: Store) -> None:
    """Record a release of the loans model that people are asked about, with its dossier."""
    with keeping.staging() as staged:
        (staged / "dossier.html").write_text("<h1>The evidence about loans</h1>")
        digest = keeping.keep("dossiers", staged)
    about = candidate(conn, "loans", 1, reason="all gates passed", days_ago=0, cause="first version")
    opened = release(conn, "loans", about, "open", days_ago=0)
    run = {"dossier_digest": digest, "dag_run_id": RELEASE_RUN}
    conn.execute(update(candidates).where(candidates.c.id == about).values(dossier_digest=digest))
    conn.execute(update(releases).where(releases.c.id == opened).values(run))


@pytest.fixture
def page() -> Iterator["Page"]:
    """A browser in which nobody is logged in."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        opened.set_default_timeout(PATIENCE)
        yield opened
        browser.close()
