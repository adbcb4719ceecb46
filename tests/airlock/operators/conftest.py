"""What a task finds when Airflow runs it: settings, connections, a database, a post office."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import Engine

import tests.airflow_home  # noqa: F401 (before Airflow is imported)
from tests.airlock.lender import Lender
from tests.post_office import HOST, PostOffice, post_office

with warnings.catch_warnings():
    # Airflow warns about itself while it is imported.
    warnings.simplefilter("ignore")
    from airflow.sdk.bases.operator import ExecutorSafeguard


def connection(url: str) -> str:
    """Return a PostgreSQL URL as the stack writes Airflow's connections."""
    at = make_url(url)
    folder = dict(at.query)["host"]
    return json.dumps({"conn_type": "postgres", "host": folder, "login": at.username, "schema": at.database})


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    """The post office that Airflow's SMTP connection leads to."""
    with post_office(tmp_path / "mail") as office:
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "airlock@airlock.example"}
        smtp = {"conn_type": "smtp", "host": HOST, "port": office.port, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp))
        yield office


@pytest.fixture
def installation(
    lender: Lender,
    engine: Engine,
    airlock_database: str,
    post: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
) -> Lender:
    """The lender's model as an installation: its folders, this test's own database, its mail."""
    warehouse = lender.warehouse.url.render_as_string(hide_password=False)
    settings = {
        "AIRLOCK_INCLUDE": str(lender.include),
        "AIRLOCK_STORE": str(lender.store.root),
        "AIRLOCK_AIRFLOW_URL": "http://airflow.example:8080",
        "AIRFLOW_CONN_AIRLOCK": connection(airlock_database),
        "AIRFLOW_CONN_WAREHOUSE": connection(warehouse),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    # Airflow's own switch for tests: operators may be executed outside of its task runner.
    monkeypatch.setattr(ExecutorSafeguard, "test_mode", True)
    return lender
