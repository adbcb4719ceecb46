import json
from dataclasses import replace
from pathlib import Path

import pytest

from airlock.governance.key_fields import fingerprint_of
from stack import environment
from stack.postgres import Cluster
from stack.processes import airflow_migration, airlock_migration, services
from stack.secrets import Secrets, ensure_secrets
from stack.settings import Settings, read_settings

TASKS = {"airflow", "airlock_reader", "airlock_tasks", "warehouse"}
WORKER = {"airlock_tasks", "warehouse"}
#: Whose passwords each process of the stack is given. Nobody is given the superuser's.
KNOWN = {
    "mail": set(),
    "mlflow": {"mlflow"},
    "scoring": {"airlock_scoring"},
    "airflow-api": {"airflow", "airlock_reader"},
    "airflow-scheduler": TASKS,
    "airflow-dag-processor": TASKS,
    "airflow-triggerer": TASKS,
    "airflow-migrate": {"airflow", "airlock_reader"},
    "airlock-migrate": {"airlock"},
}
WITH_WORKERS = {**KNOWN, "redis": set(), "airflow-worker-w1": WORKER, "airflow-worker-w2": WORKER}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"AIRLOCK_HOME": str(tmp_path), "AIRLOCK_SMTP_PORT": "2525"}, tmp_path / ".env")


@pytest.fixture
def secrets(settings: Settings) -> Secrets:
    return ensure_secrets(settings.home)


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path / "postgres", tmp_path / "programs", None)


def test_what_every_process_knows_is_no_secret(settings: Settings, secrets: Secrets) -> None:
    text = json.dumps(environment.shared(settings))
    for key in (secrets.fernet_key, secrets.jwt_secret, secrets.api_secret, secrets.scoring_key):
        assert key not in text
    for key in secrets.database.values():
        assert key not in text


@pytest.mark.parametrize(("workers", "expected"), [(0, KNOWN), (2, WITH_WORKERS)])
def test_a_process_knows_the_passwords_it_needs_and_no_other(
    settings: Settings, secrets: Secrets, cluster: Cluster, workers: int, expected: dict[str, set[str]]
) -> None:
    settings = replace(settings, workers=workers)
    migrations = [make(settings, secrets, cluster) for make in (airflow_migration, airlock_migration)]
    known = {
        process.name: {
            role for role, password in secrets.database.items() if password in json.dumps(process.environment)
        }
        for process in (*services(settings, secrets, cluster), *migrations)
    }
    assert known == expected


def test_only_the_scheduler_and_the_workers_reach_the_queue(
    settings: Settings, secrets: Secrets, cluster: Cluster
) -> None:
    started = services(replace(settings, workers=1), secrets, cluster)
    holders = {
        process.name for process in started if secrets.broker_password in json.dumps(process.environment)
    }
    assert holders == {"airflow-scheduler", "airflow-worker-w1"}
    assert not [process for process in started if secrets.broker_password in " ".join(process.command)]


def test_a_worker_signs_and_decrypts_nothing(settings: Settings, secrets: Secrets, cluster: Cluster) -> None:
    *_, worker = services(replace(settings, workers=1), secrets, cluster)
    for key in (secrets.fernet_key, secrets.jwt_secret, secrets.api_secret):
        assert key not in json.dumps(worker.environment)


def test_workers_take_as_many_tasks_as_the_scheduler_hands_out(
    settings: Settings, secrets: Secrets, cluster: Cluster
) -> None:
    started = {process.name: process for process in services(replace(settings, workers=3), secrets, cluster)}
    scheduler, worker = (started[name].environment for name in ("airflow-scheduler", "airflow-worker-w3"))
    at_once = 3 * int(worker["AIRFLOW__CELERY__WORKER_CONCURRENCY"])
    assert scheduler["AIRFLOW__CORE__PARALLELISM"] == str(at_once)
    assert scheduler["AIRFLOW__CORE__EXECUTOR"] == worker["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"


def test_without_workers_the_scheduler_runs_the_tasks(
    settings: Settings, secrets: Secrets, cluster: Cluster
) -> None:
    values = environment.airflow(settings, secrets, cluster)
    assert values["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert not [key for key in values if "CELERY" in key]


def test_the_scoring_api_knows_only_the_fingerprint_of_the_key_that_tasks_ask_with(
    settings: Settings, secrets: Secrets, cluster: Cluster
) -> None:
    known = {process.name: process.environment for process in services(settings, secrets, cluster)}
    holders = {name for name, values in known.items() if secrets.scoring_key in values.values()}
    assert holders == {"airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"}
    assert known["scoring"]["AIRLOCK_SCORING_KEY_FINGERPRINT"] == fingerprint_of(secrets.scoring_key)


def test_airflow_finds_its_connections(settings: Settings, secrets: Secrets, cluster: Cluster) -> None:
    values = environment.connections(settings, secrets, cluster)
    warehouse = json.loads(values["AIRFLOW_CONN_WAREHOUSE"])
    assert warehouse["host"] == str(cluster.socket_folder)
    assert warehouse["login"] == warehouse["schema"] == "warehouse"
    records = json.loads(values["AIRFLOW_CONN_AIRLOCK"])
    assert (records["login"], records["schema"]) == ("airlock_tasks", "airlock")
    assert json.loads(values["AIRFLOW_CONN_SMTP_DEFAULT"])["port"] == 2525


def test_everything_listens_on_this_machine_only(
    settings: Settings, secrets: Secrets, cluster: Cluster
) -> None:
    assert environment.airflow(settings, secrets, cluster)["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment.mlflow_server(settings, secrets, cluster)["MLFLOW_SERVER_ALLOWED_HOSTS"] == (
        "127.0.0.1:5000,localhost:5000"
    )


def test_a_shells_own_settings_do_not_reach_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "1")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere")
    monkeypatch.setenv("NO_PROXY", "intranet")
    values = environment.inherited()
    assert not values.keys() & {"AIRFLOW__CORE__PARALLELISM", "MLFLOW_TRACKING_URI"}
    assert values["NO_PROXY"] == "intranet,127.0.0.1,localhost"


def test_a_role_that_owns_nothing_works_in_another_s_database(cluster: Cluster) -> None:
    assert cluster.url("airlock_reader", "key").startswith(
        "postgresql+psycopg2://airlock_reader:key@/airlock?"
    )


def test_a_long_home_gets_a_short_socket(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / ("deep" * 30), tmp_path, None)
    assert len(str(cluster.socket_folder / ".s.PGSQL.5432")) <= 103
    assert cluster.url("airlock", "a/b?c").startswith(
        "postgresql+psycopg2://airlock:a%2Fb%3Fc@/airlock?host="
    )


@pytest.mark.parametrize(("models", "seconds"), [(2, "15"), (50, "50")])
def test_dag_files_of_many_models_are_read_less_often(
    settings: Settings, tmp_path: Path, models: int, seconds: str
) -> None:
    for number in range(models):
        folder = tmp_path / "include" / "models" / f"model_{number}"
        folder.mkdir(parents=True)
        (folder / "model.yaml").touch()
    places = environment.airflow_places(replace(settings, include=tmp_path / "include"))
    assert places["AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL"] == seconds
