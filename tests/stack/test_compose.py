"""docker-compose.yaml without Docker: what it promises is in it, and every command exists here."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet

from stack.compose import COMPOSE_PORTS, FINGERPRINT, ONLY_COMPOSE, SCORING_KEY, missing_lines
from stack.environment import AIRFLOW_SETTINGS, NO_TELEMETRY
from stack.postgres import cluster_of
from stack.secrets import OWNERS, ROLES, fingerprint_of
from stack.settings import DEFAULTS, HOST, ROOT
from stack.users import USERS
from tests.stack.test_environment import KNOWN

VARIABLE = re.compile(r"\$\{(\w+)(?:(:[-?])([^}]*))?\}")
LONG_LIVED = {
    "postgres", "airflow-api", "airflow-scheduler", "airflow-dag-processor", "mlflow", "scoring", "mail",
    "prometheus", "grafana",
}  # fmt: skip
#: Images of others, pinned to a release.
FOREIGN = ("postgres", "prometheus", "grafana")
TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
#: What differs in containers: they reach one another by name.
IN_CONTAINERS = {"API__HOST": "0.0.0.0"}
OPTIONS = {
    "mlflow server": ("--host", "--port", "--workers"),
    "airlock.serving": ("--host", "--port"),
    "airflow scheduler": ("--skip-serve-logs",),
    "airflow jobs check": ("--job-type", "--local"),
    "stack.mailbox": ("--host",),
}


def test_it_has_the_services_of_the_embedded_stack() -> None:
    assert set(SERVICES) == LONG_LIVED | {"airlock-init", "airflow-init"}


@pytest.mark.parametrize("name", sorted(LONG_LIVED))
def test_a_service_is_watched_restarted_and_kept_within_bounds(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert "no-new-privileges:true" in service["security_opt"]
    if name != "postgres":
        assert service["cap_drop"] == ["ALL"]
    if name in FOREIGN:
        assert re.fullmatch(r"[\w/]+:v?\d+\.\d+(\.\d+)?(-\w+)?", service["image"])
    else:
        assert (service["image"], service["build"]) == ("airlock:local", ".")


def test_ports_are_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == 6
    assert all(port.startswith(f"{HOST}:${{AIRLOCK_") for port in ports)
    assert "ports" not in SERVICES["postgres"]


def test_no_secret_has_a_default_and_all_are_used() -> None:
    used = {name: (kind, said) for name, kind, said in VARIABLE.findall(TEXT)}
    secrets = {name for name in used if name.startswith("AIRLOCK_COMPOSE_")}
    assert secrets == set(ONLY_COMPOSE)
    assert {used[name] for name in secrets} == {(":?", "run python3 -m stack.compose >> .env")}
    assert {name: used[name][1] for name in used.keys() - secrets} == {
        name: (DEFAULTS | COMPOSE_PORTS)[name] for name in used.keys() - secrets
    }
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD$|SECRET|FERNET", key):
                assert VARIABLE.fullmatch(value), key


def test_volumes_are_named_and_code_is_read_only() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", ())]
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith(".")}
    assert named == set(COMPOSE["volumes"])
    assert all(mount.endswith(":ro") for mount in mounts if mount.startswith("."))
    assert "store:/var/lib/airlock/store:ro" in SERVICES["scoring"]["volumes"]
    assert f"spool:{SERVICES['scoring']['environment']['AIRLOCK_SPOOL']}" in SERVICES["scoring"]["volumes"]


def test_airflow_is_set_as_on_the_embedded_stack() -> None:
    environment = SERVICES["airflow-scheduler"]["environment"]
    assert SERVICES["airflow-api"]["environment"].items() < environment.items()
    assert not any(key.startswith("AIRFLOW_CONN_") for key in SERVICES["airflow-api"]["environment"])
    wanted = {f"AIRFLOW__{key}": value for key, value in {**AIRFLOW_SETTINGS, **IN_CONTAINERS}.items()}
    assert {key: environment.get(key) for key in wanted} == wanted
    users = ",".join(f"{user.name}:{user.airflow_role}" for user in USERS)
    assert environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == users
    for name in ("airflow-scheduler", "scoring", "mlflow"):
        assert NO_TELEMETRY.items() <= SERVICES[name]["environment"].items()
    for key in ("AIRLOCK", "WAREHOUSE", "SMTP_DEFAULT"):
        assert json.loads(environment[f"AIRFLOW_CONN_{key}"])["conn_type"]


def test_services_wait_for_what_they_need() -> None:
    def waits(name: str) -> dict[str, str]:
        return {other: how["condition"] for other, how in SERVICES[name].get("depends_on", {}).items()}

    assert waits("airlock-init") == {"postgres": "service_healthy"}
    assert waits("airflow-init") == {"airlock-init": "service_completed_successfully"}
    assert waits("airflow-api") == {"airflow-init": "service_completed_successfully"}
    assert waits("airflow-scheduler") == {"airflow-api": "service_healthy"}


def test_every_module_that_is_run_exists() -> None:
    commands = [service.get("command") for service in SERVICES.values()]
    checks = [service["healthcheck"]["test"] for service in SERVICES.values() if "healthcheck" in service]
    words = " ".join(" ".join(command) for command in [*filter(None, commands), *checks])
    modules = set(re.findall(r"-?m[ ,]+([\w.]+)", words))
    assert modules >= {"airflow", "alembic", "mlflow", "airlock.serving", "stack.mailbox"}
    assert all(find_spec(module) for module in modules)
    assert (ROOT / "plugins/airlock/governance/alembic.ini").exists()


@pytest.mark.parametrize("command", OPTIONS)
def test_every_option_that_is_given_exists(command: str) -> None:
    environment = {**os.environ, "PYTHONPATH": "plugins", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", *command.split(), "--help"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert all(option in done.stdout for option in OPTIONS[command])


def test_the_image_is_pinned_and_runs_as_nobody_special() -> None:
    (base,) = re.findall(r"^FROM (\S+)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base)
    assert re.fullmatch(r"postgres:\d+\.\d+-\w+", SERVICES["postgres"]["image"])
    embedded = cluster_of(ROOT / ".airlock").programs.name.removeprefix("pginstall")
    assert SERVICES["postgres"]["image"].startswith(f"postgres:{embedded}.")
    assert DOCKERFILE.strip().splitlines()[-1] == "USER airlock"
    copied = re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    assert allowed[1] == "*"
    assert {f"!{path}" for path in copied} == {line for line in allowed if line.startswith("!")}
    assert all((ROOT / path).exists() for path in copied)


def test_each_role_gets_its_database_as_on_the_embedded_stack() -> None:
    script = (ROOT / "docker" / "databases.sh").read_text()
    for role in ROLES[1:]:
        assert f"CREATE ROLE {role} LOGIN PASSWORD :'{role}';" in script
        assert (f"CREATE DATABASE {role} OWNER {role};" in script) == (role in OWNERS)
        assert f'--set {role}="${role.upper()}_PASSWORD"' in script
        assert f"{role.upper()}_PASSWORD" in SERVICES["postgres"]["environment"]
    assert f"REVOKE ALL ON DATABASE {', '.join(OWNERS)} FROM PUBLIC" in script


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {*FOREIGN, "airflow-init"}))
def test_a_service_knows_the_passwords_it_needs_as_on_the_embedded_stack(name: str) -> None:
    roles = set(re.findall(r"AIRLOCK_COMPOSE_(\w+)_PASSWORD", json.dumps(SERVICES[name].get("environment"))))
    embedded = {"airlock-init": "airlock-migrate"}.get(name, name)
    assert {role.lower() for role in roles} == KNOWN[embedded]


def test_secrets_are_made_once_and_fit_into_addresses() -> None:
    first = missing_lines("AIRLOCK_SMTP_PORT=1026\nAIRLOCK_COMPOSE_JWT_SECRET=\n")
    made = dict(line.split("=", 1) for line in first)
    assert list(made) == list(ONLY_COMPOSE)
    assert len(set(made.values())) == len(made)
    assert Fernet(made["AIRLOCK_COMPOSE_FERNET_KEY"])
    assert all(re.fullmatch(r"[\w-]{32,}=?", value) for value in made.values())
    assert missing_lines("\n".join(first)) == []


def test_the_scoring_key_and_its_fingerprint_are_made_together() -> None:
    def made(env: str) -> dict[str, str]:
        lines = [*env.splitlines(), *missing_lines(env)]
        return dict(line.split("=", 1) for line in lines)

    for env in ("", f"{SCORING_KEY}=alk_mine", f"{FINGERPRINT}={'0' * 64}"):
        values = made(env)
        assert values[FINGERPRINT] == fingerprint_of(values[SCORING_KEY])
    assert made(f"{SCORING_KEY}=alk_mine")[SCORING_KEY] == "alk_mine"


def test_the_scoring_api_knows_the_fingerprint_and_the_tasks_the_key() -> None:
    def knows(value: str) -> set[str]:
        return {name for name in SERVICES if f"${{{value}:?" in json.dumps(SERVICES[name].get("environment"))}

    assert knows(SCORING_KEY) == {"airflow-scheduler", "airflow-dag-processor"}
    assert knows(FINGERPRINT) == {"scoring"}


def test_what_is_provisioned_is_there_and_nobody_but_grafana_knows_its_password() -> None:
    for service in ("prometheus", "grafana"):
        own = [mount.split(":")[0] for mount in SERVICES[service]["volumes"] if mount.startswith(".")]
        assert own and all((ROOT / place).exists() for place in own)
    knows = [name for name, service in SERVICES.items() if "GRAFANA_PASSWORD" in json.dumps(service)]
    assert knows == ["grafana"]
    source = yaml.safe_load((ROOT / "docker/grafana/provisioning/datasources/prometheus.yml").read_text())
    assert [one["url"] for one in source["datasources"]] == ["http://prometheus:9090"]
    scraped = yaml.safe_load((ROOT / "docker/prometheus/prometheus.yml").read_text())["scrape_configs"]
    assert [one["dns_sd_configs"][0]["names"] for one in scraped] == [["scoring"]]
