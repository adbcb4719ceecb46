"""The real parts, as somebody finds them who wants a version out that nobody approved."""

# ruff: noqa: F401 (fixtures are used by their names)

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.audit import records
from airlock.governance import audit_log
from airlock.governance.audit_log import Entry
from airlock.governance.engine import connect
from tests.airlock.database_roles import as_role
from tests.airlock.operators.conftest import answer, candidate, gated, installation, post, release
from tests.airlock.serving.conftest import api, world
from tests.airlock.ui.conftest import anonymous, app, browser, include, store

Sql = Callable[..., int]


@pytest.fixture
def sql(airlock_database: str) -> Sql:
    """Write with the password of a process, past Airlock; returns how many rows that changed."""

    def write(role: str, statement: str, **values: Any) -> int:
        known = connect(as_role(role, airlock_database))
        try:
            with known.begin() as conn:
                return int(conn.exec_driver_sql(statement, values or None).rowcount)
        finally:
            known.dispose()

    return write


@pytest.fixture
def log(engine: Engine) -> Callable[..., list[Entry]]:
    """Read the audit log, of one act or whole."""

    def read(*acts: str) -> list[Entry]:
        with engine.connect() as conn:
            return [entry for entry in audit_log.entries(conn) if not acts or entry.act in acts]

    return read


@pytest.fixture
def findings(engine: Engine) -> Callable[[], str]:
    """What a night's audit says of records and log, as one text."""

    def compare() -> str:
        with engine.connect() as conn:
            return "\n".join(finding.sentence for finding in records.compare(conn))

    return compare
