"""What a task finds when Airflow runs it: settings, connections, a database, a post office."""

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import Engine

import tests.airflow_home  # noqa: F401 (before Airflow is imported)
from airlock.governance import approvals, candidates
from airlock.governance.candidates import Candidate
from airlock.governance.grants import TASKS
from tests.airlock.database_roles import as_role
from tests.airlock.lender import Lender, Trained
from tests.post_office import HOST, PostOffice, post_office

with warnings.catch_warnings():
    # Airflow warns about itself while it is imported.
    warnings.simplefilter("ignore")
    from airflow.sdk.bases.operator import ExecutorSafeguard

    from airlock.operators.open_release import OpenReleaseOperator
    from airlock.operators.register import RegisterOperator
    from tests.airlock.operators.judging import dana_s_run, judged
    from tests.airlock.operators.releasing import OWN, RUN, Answer


def connection(url: str) -> str:
    """Return a PostgreSQL URL as the stack writes Airflow's connections."""
    at = make_url(url)
    folder = dict(at.query)["host"]
    return json.dumps({"conn_type": "postgres", "host": folder, "login": at.username, "schema": at.database})


def install(lender: Lender, database: str, patch: pytest.MonkeyPatch) -> None:
    """Name the lender's folders and databases in the environment, as the stack does."""
    warehouse = lender.warehouse.url.render_as_string(hide_password=False)
    settings = {
        "AIRLOCK_INCLUDE": str(lender.include),
        "AIRLOCK_STORE": str(lender.store.root),
        "AIRLOCK_AIRFLOW_URL": "http://airflow.example:8080",
        "AIRFLOW_CONN_AIRLOCK": connection(as_role(TASKS, database)),
        "AIRFLOW_CONN_WAREHOUSE": connection(warehouse),
    }
    for name, value in settings.items():
        patch.setenv(name, value)
    # Airflow's own switch for tests: operators may be executed outside of its task runner.
    patch.setattr(ExecutorSafeguard, "test_mode", True)


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
    install(lender, airlock_database, monkeypatch)
    return lender


@pytest.fixture(scope="session")
def gated(
    lender: Lender, trained: Trained, new_airlock_database: Callable[[], str], _mlflow_url: str
) -> Mapping[str, str]:
    """The digests of evidence and dossier of a training that passed its gates, dana's run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", _mlflow_url)
        install(lender, new_airlock_database(), patch)
        _, digests = judged(dana_s_run(), trained)
    return digests


@pytest.fixture
def candidate(installation: Lender, gated: Mapping[str, str], mlflow_url: str, engine: Engine) -> Candidate:
    """A registered candidate that dana trained."""
    made = RegisterOperator(task_id="register", **gated, **OWN).execute(dana_s_run())
    with engine.connect() as conn:
        found = candidates.find(conn, made["candidate"])
    assert found is not None
    return found


@pytest.fixture
def release(candidate: Candidate) -> str:
    """The id of its release, as later tasks are given it."""
    return str(OpenReleaseOperator(task_id="open", **OWN).execute(RUN)["release"])


@pytest.fixture
def answer(release: str, candidate: Candidate, engine: Engine) -> Answer:
    """Record what somebody answered."""

    def record(slot: int, who: str, choice: Any = "Approve") -> None:
        with engine.begin() as conn:
            approvals.record(
                conn,
                release_id=int(release),
                slot=slot,
                responder=who,
                choice=choice,
                reason="evidence read",
                dossier_digest=candidate.dossier,
                responded_at=datetime.now(UTC),
            )

    return record
