import json
from pathlib import Path

import pytest

from stack import environment
from stack.postgres import Cluster
from stack.secrets import Secrets, ensure_secrets
from stack.settings import Settings, read_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"AIRLOCK_HOME": str(tmp_path), "AIRLOCK_SMTP_PORT": "2525"}, tmp_path / ".env")


@pytest.fixture
def secrets(settings: Settings) -> Secrets:
    return ensure_secrets(settings.home)


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path / "postgres", tmp_path / "programs", None)


def test_the_shared_part_holds_no_key_but_airlocks_own(
    settings: Settings, secrets: Secrets, cluster: Cluster
) -> None:
    text = json.dumps(environment.shared(settings, secrets, cluster))
    others = [secrets.database[role] for role in ("postgres", "airflow", "mlflow", "warehouse")]
    for key in (secrets.fernet_key, secrets.jwt_secret, secrets.api_secret, *others):
        assert key not in text


def test_no_process_gets_the_superusers_password(
    settings: Settings, secrets: Secrets, cluster: Cluster
) -> None:
    parts = (environment.shared, environment.airflow, environment.mlflow_server)
    assert secrets.database["postgres"] not in json.dumps(
        [part(settings, secrets, cluster) for part in parts]
    )


def test_airflow_finds_its_connections(settings: Settings, secrets: Secrets, cluster: Cluster) -> None:
    values = environment.airflow(settings, secrets, cluster)
    warehouse = json.loads(values["AIRFLOW_CONN_WAREHOUSE"])
    assert warehouse["host"] == str(cluster.socket_folder)
    assert warehouse["login"] == warehouse["schema"] == "warehouse"
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


def test_a_long_home_gets_a_short_socket(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / ("deep" * 30), tmp_path, None)
    assert len(str(cluster.socket_folder / ".s.PGSQL.5432")) <= 103
    assert cluster.url("airlock", "a/b?c").startswith(
        "postgresql+psycopg2://airlock:a%2Fb%3Fc@/airlock?host="
    )
