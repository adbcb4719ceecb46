"""The secrets of docker-compose.yaml: made once, none by default, each known to those who need it."""

import json
import re

import pytest
from cryptography.fernet import Fernet

from airlock.logins.accounts import SHORTEST_SECRET
from stack.compose import COMPOSE_SETTINGS, FINGERPRINT, ONLY_COMPOSE, SCORING_KEY, missing_lines
from stack.secrets import fingerprint_of
from stack.settings import DEFAULTS
from tests.stack.compose_file import FOREIGN, SERVICES, TEXT, VARIABLE, knows

READER, TASKS = "AIRLOCK_READER", {"AIRLOCK_READER", "AIRLOCK_TASKS", "WAREHOUSE", "MLFLOW_TASKS"}
SERVER = {"AIRFLOW", READER}
#: Whose passwords each service is given. A worker, which runs people's code, cannot reach Airflow's database.
KNOWN = {
    "airlock-init": {"AIRLOCK"},
    "airflow-init": SERVER,
    "airflow-logins": SERVER,
    "airflow-api": SERVER,
    "airflow-scheduler": SERVER | {"REDIS"},
    "airflow-triggerer": SERVER,
    "airflow-dag-processor": SERVER | TASKS,
    "airflow-worker": TASKS | {"REDIS"},
    "mlflow": {"MLFLOW", "MLFLOW_ADMIN"},
    "mlflow-logins": {"MLFLOW_ADMIN", "MLFLOW_TASKS"},
    "scoring": {"AIRLOCK_SCORING"},
    "mail": set(),
}
AIRFLOW = {name for name, known in KNOWN.items() if "AIRFLOW" in known}


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - FOREIGN))
def test_a_service_knows_the_passwords_it_needs(name: str) -> None:
    environment = json.dumps(SERVICES[name].get("environment"))
    assert set(re.findall(r"AIRLOCK_COMPOSE_(\w+)_PASSWORD", environment)) == KNOWN[name]


def test_no_secret_has_a_default_and_all_are_used() -> None:
    used = {name: (kind, said) for name, kind, said in VARIABLE.findall(TEXT)}
    secrets = {name for name in used if name.startswith("AIRLOCK_COMPOSE_")}
    assert secrets == set(ONLY_COMPOSE)
    assert {used[name] for name in secrets} == {(":?", "run python3 -m stack.compose >> .env")}
    assert {name: used[name][1] for name in used.keys() - secrets} == {
        name: (DEFAULTS | COMPOSE_SETTINGS)[name] for name in used.keys() - secrets
    }
    assert COMPOSE_SETTINGS.keys() <= used.keys()


def test_no_secret_stands_in_the_file_or_in_a_command() -> None:
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD$|SECRET|FERNET|AUTH$", key) and key != "AIRLOCK_SCORING_KEY_FINGERPRINT":
                assert VARIABLE.fullmatch(value), key
        assert "AIRLOCK_COMPOSE" not in json.dumps(service.get("command", ""))
        assert "AIRLOCK_COMPOSE" not in json.dumps(service.get("healthcheck", ""))


@pytest.mark.parametrize("name", ["FERNET_KEY", "JWT_SECRET", "API_SECRET"])
def test_only_airflow_s_own_processes_know_its_secrets(name: str) -> None:
    assert knows(f"AIRLOCK_COMPOSE_{name}") == AIRFLOW


def test_the_scoring_api_knows_the_fingerprint_and_the_tasks_the_key() -> None:
    assert knows(SCORING_KEY) == {"airflow-worker", "airflow-dag-processor"}
    assert knows(FINGERPRINT) == {"scoring"}


def test_first_passwords_are_known_where_logins_are_made() -> None:
    assert knows("AIRLOCK_COMPOSE_LOGIN_SECRET") == {"airflow-logins", "mlflow-logins"}


def test_nobody_but_grafana_knows_its_password_and_redis_tells_only_the_queue_s_ends() -> None:
    assert knows("AIRLOCK_COMPOSE_GRAFANA_PASSWORD") == {"grafana"}
    assert knows("AIRLOCK_COMPOSE_REDIS_PASSWORD") == {"redis", "airflow-scheduler", "airflow-worker"}


def test_secrets_are_made_once_and_fit_into_addresses() -> None:
    first = missing_lines("AIRLOCK_SMTP_PORT=1026\nAIRLOCK_COMPOSE_JWT_SECRET=\n")
    made = dict(line.split("=", 1) for line in first)
    assert list(made) == list(ONLY_COMPOSE)
    assert len(set(made.values())) == len(made)
    assert Fernet(made["AIRLOCK_COMPOSE_FERNET_KEY"])
    assert all(re.fullmatch(r"[\w-]{32,}=?", value) for value in made.values())
    assert len(made["AIRLOCK_COMPOSE_LOGIN_SECRET"]) >= SHORTEST_SECRET
    assert missing_lines("\n".join(first)) == []


def test_the_scoring_key_and_its_fingerprint_are_made_together() -> None:
    def made(env: str) -> dict[str, str]:
        lines = [*env.splitlines(), *missing_lines(env)]
        return dict(line.split("=", 1) for line in lines)

    for env in ("", f"{SCORING_KEY}=alk_mine", f"{FINGERPRINT}={'0' * 64}"):
        values = made(env)
        assert values[FINGERPRINT] == fingerprint_of(values[SCORING_KEY])
    assert made(f"{SCORING_KEY}=alk_mine")[SCORING_KEY] == "alk_mine"
