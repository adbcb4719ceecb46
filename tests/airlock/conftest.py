"""Real services: a migrated airlock database for each test, one MLflow server, a lender with its data."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import Connection, Engine

from airlock.governance.engine import connect
from tests.airlock.lender import Lender, Trained, open_lender
from tests.airlock.mlflow_server import mlflow_server
from tests.airlock.object_server import ObjectServer, object_server
from tests.airlock.serving.scoring_api import KEY
from tests.conftest import COPYING

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", autouse=True)
def _own_key() -> Iterator[None]:
    """Let this process hold the key by which Airlock itself asks scoring APIs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRLOCK_SCORING_KEY", KEY)
        yield


@pytest.fixture(scope="session")
def object_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A server that speaks S3, reached by the environment of this process."""
    with object_server(tmp_path_factory.mktemp("objects") / "log") as running:
        yield running


@pytest.fixture(scope="session")
def migrate() -> Callable[..., None]:
    """Run an Alembic command against a database, as a person would."""

    def run(url: str, *command: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "alembic", "-c", "plugins/airlock/governance/alembic.ini", *command],
            cwd=ROOT,
            env={**os.environ, "AIRLOCK_DATABASE_URL": url, "PYTHONPATH": "plugins"},
            check=True,
        )

    return run


@pytest.fixture(scope="session")
def new_airlock_database(new_database: Callable[[], str], migrate: Callable[..., None]) -> Callable[[], str]:
    """Make a migrated database at each call and return its SQLAlchemy URL."""
    numbers = count(1)
    template = make_url(new_database())
    migrate(template.render_as_string(hide_password=False), "upgrade", "head")

    def make() -> str:
        name = f"airlock_{next(numbers)}"
        administration = create_engine(template.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with administration.connect() as conn:
            conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template.database} {COPYING}"))
        administration.dispose()
        return template.set(database=name).render_as_string(hide_password=False)

    return make


@pytest.fixture
def airlock_database(
    new_airlock_database: Callable[[], str], drop_database: Callable[[str], None]
) -> Iterator[str]:
    """SQLAlchemy URL of a migrated database, this test's own."""
    url = new_airlock_database()
    yield url
    drop_database(url)


@pytest.fixture
def engine(airlock_database: str) -> Iterator[Engine]:
    """An engine on a migrated database, this test's own."""
    made = connect(airlock_database)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def _shared_engine(new_airlock_database: Callable[[], str]) -> Iterator[Engine]:
    made = connect(new_airlock_database())
    yield made
    made.dispose()


@pytest.fixture
def conn(_shared_engine: Engine) -> Iterator[Connection]:
    """A connection whose transaction is rolled back after the test."""
    with _shared_engine.connect() as connection:
        yield connection


@pytest.fixture(scope="session")
def _mlflow_url(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(new_database(), tmp_path_factory.mktemp("mlflow")) as url:
        yield url


@pytest.fixture
def mlflow_url(_mlflow_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of a running MLflow server, named in the environment as the stack does."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", _mlflow_url)
    return _mlflow_url


@pytest.fixture(scope="session")
def lender(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender]:
    """A lender whose store only ever grows, so that the tests of a session can share it."""
    made = open_lender(tmp_path_factory.mktemp("lender"), new_database())
    yield made
    made.warehouse.dispose()


@pytest.fixture(scope="session")
def trained(lender: Lender, _mlflow_url: str, _shared_engine: Engine) -> Trained:
    """What a training of the lender's model left, tracked in a real MLflow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", _mlflow_url)
        return lender.train(_shared_engine)
