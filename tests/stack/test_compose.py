"""docker-compose.yaml without Docker: what it promises is in it, and every command exists here."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from stack.environment import AIRFLOW_SETTINGS, CELERY_SETTINGS, NO_TELEMETRY
from stack.postgres import cluster_of
from stack.secrets import OWNERS, ROLES
from stack.settings import DEFAULTS, HOST, ROOT
from tests.stack.compose_file import COMPOSE, FILE, FOREIGN, ONCE, SERVICES

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
#: What differs: containers reach one another by name, and FAB knows the people.
IN_CONTAINERS = {
    "API__HOST": "0.0.0.0",
    "CORE__AUTH_MANAGER": "airlock.logins.auth_manager.AirlockFabAuthManager",
    "CORE__PARALLELISM": "32",
}
OPTIONS = {
    "mlflow server": ("--host", "--port", "--workers", "--app-name"),
    "airlock.serving": ("--host", "--port"),
    "airlock.logins": ("airflow", "mlflow"),
    "airflow scheduler": ("--skip-serve-logs",),
    "airlock.operators.preloaded celery worker": ("--skip-serve-logs",),
    "airflow jobs check": ("--job-type", "--local"),
    "celery inspect": ("--timeout", "--destination"),
    "stack.mailbox": ("--host",),
}
EXECUTOR = {"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}  # else Airflow has no command `celery`


def test_it_keeps_to_the_compose_specification() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", FILE],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(
    subprocess.run(["docker", "compose", "version"], capture_output=True).returncode != 0
    if shutil.which("docker")
    else True,
    reason="no `docker compose` is installed here",
)
def test_docker_compose_reads_it(tmp_path: Path) -> None:
    made = subprocess.run([sys.executable, "-m", "stack.compose"], cwd=ROOT, capture_output=True, text=True)
    (env := tmp_path / ".env").write_text(made.stdout)
    command = ["docker", "compose", "--env-file", str(env), "--file", str(FILE), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONCE))
def test_a_service_is_watched_restarted_and_kept_within_bounds(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["healthcheck"].keys() == {"test", "interval", "timeout", "retries", "start_period"}
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service and "network_mode" not in service
    if name != "postgres":
        assert service["cap_drop"] == ["ALL"]
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    if name in FOREIGN:
        assert re.fullmatch(r"[\w/-]+:v?\d+\.\d+(\.\d+)?(-\w+)?", service["image"])
    else:
        assert (service["image"], service["build"]) == ("airlock:local", ".")


@pytest.mark.parametrize("name", sorted(ONCE))
def test_what_is_done_once_is_not_done_again_and_again(name: str) -> None:
    assert SERVICES[name]["restart"] == "no"
    waiting = [
        how["condition"] for service in SERVICES.values()
        for other, how in service.get("depends_on", {}).items() if other == name
    ]  # fmt: skip
    assert waiting and set(waiting) == {"service_completed_successfully"}


def test_ports_are_on_loopback_only() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports.keys() == {"airflow-api", "mlflow", "scoring-proxy", "mail", "prometheus", "grafana"}
    assert all(port.startswith(f"{HOST}:${{AIRLOCK_") for (port,) in ports.values())


@pytest.mark.parametrize("name", ["airflow-worker", "scoring"])
def test_a_service_can_run_several_times(name: str) -> None:
    service = SERVICES[name]
    assert not {"container_name", "ports", "hostname"} & service.keys()
    assert re.fullmatch(r"\$\{AIRLOCK_\w+_REPLICAS:-2\}", service["deploy"]["replicas"])


def test_volumes_are_named_and_code_is_read_only() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", ())]
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith(".")}
    assert named == set(COMPOSE["volumes"])
    assert all(mount.endswith(":ro") for mount in mounts if mount.startswith("."))
    assert all((ROOT / mount.split(":")[0]).exists() for mount in mounts if mount.startswith("."))
    assert f"spool:{SERVICES['scoring']['environment']['AIRLOCK_SPOOL']}" in SERVICES["scoring"]["volumes"]
    ours = {
        mount.split(":")[1]
        for name in SERVICES.keys() - FOREIGN
        for mount in SERVICES[name].get("volumes", ())
    }
    made = {place for place in ours if place.startswith("/var/lib/airlock")}
    assert made <= set(re.findall(r"/var/lib/airlock/\w+", DOCKERFILE))


def test_only_what_runs_tasks_writes_evidence() -> None:
    writes = {
        name
        for name, service in SERVICES.items()
        if "store:/var/lib/airlock/store" in service.get("volumes", ())
    }
    assert writes == {"airflow-worker", "airflow-dag-processor"}
    for name in ("airflow-api", "scoring"):
        assert "store:/var/lib/airlock/store:ro" in SERVICES[name]["volumes"]
    homes = [
        mount for service in SERVICES.values() for mount in service.get("volumes", ()) if "/airflow" in mount
    ]
    assert not homes  # from its home Airflow's API server would run a file as code


def test_airflow_is_set_as_on_the_embedded_stack_with_workers() -> None:
    settings = {**AIRFLOW_SETTINGS, **CELERY_SETTINGS, **IN_CONTAINERS}
    wanted = {f"AIRFLOW__{key}": value for key, value in settings.items()}
    for name in (
        "airflow-api",
        "airflow-scheduler",
        "airflow-dag-processor",
        "airflow-triggerer",
        "airflow-worker",
    ):
        environment = SERVICES[name]["environment"]
        assert {key: environment.get(key) for key in wanted} == wanted
    for name in ("airflow-scheduler", "airflow-worker", "scoring", "mlflow"):
        assert NO_TELEMETRY.items() <= SERVICES[name]["environment"].items()


def test_tasks_and_mails_reach_what_they_need_and_pages_do_not() -> None:
    for name in ("airflow-worker", "airflow-dag-processor"):
        for key in ("AIRLOCK", "WAREHOUSE", "SMTP_DEFAULT"):
            assert json.loads(SERVICES[name]["environment"][f"AIRFLOW_CONN_{key}"])["conn_type"]
    for name in ("airflow-api", "airflow-scheduler", "airflow-triggerer"):
        assert not any(key.startswith("AIRFLOW_CONN_") for key in SERVICES[name]["environment"])


def test_services_wait_for_what_they_need() -> None:
    def waits(name: str) -> dict[str, str]:
        return {other: how["condition"] for other, how in SERVICES[name].get("depends_on", {}).items()}

    done, healthy = "service_completed_successfully", "service_healthy"
    assert waits("airlock-init") == {"postgres": healthy}
    assert waits("airflow-init") == {"airlock-init": done}
    assert waits("airflow-logins") == {"airflow-init": done}
    assert waits("airflow-api") == {"airflow-logins": done}
    assert waits("airflow-scheduler") == {"airflow-api": healthy, "redis": healthy}
    assert waits("airflow-worker") == {"airflow-api": healthy, "redis": healthy, "mlflow-logins": done}
    assert waits("mlflow-logins") == {"mlflow": healthy}
    assert waits("scoring-proxy") == {"scoring": healthy}


def test_every_module_that_is_run_exists() -> None:
    commands = [service.get("command") for service in SERVICES.values()]
    checks = [service["healthcheck"]["test"] for service in SERVICES.values() if "healthcheck" in service]
    words = " ".join(" ".join(command) for command in [*filter(None, commands), *checks])
    modules = set(re.findall(r"python -m ([\w.]+)", words))
    assert modules >= {
        "airflow",
        "alembic",
        "celery",
        "mlflow",
        "airlock.logins",
        "airlock.serving",
        "stack.mailbox",
    }
    assert all(find_spec(module) for module in modules)
    assert (ROOT / "plugins/airlock/governance/alembic.ini").exists()


@pytest.mark.parametrize("command", OPTIONS)
def test_every_option_that_is_given_exists(command: str) -> None:
    environment = {**os.environ, **EXECUTOR, "PYTHONPATH": "plugins", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", *command.split(), "--help"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert all(option in done.stdout for option in OPTIONS[command])


def test_the_image_is_pinned_and_runs_as_nobody_special() -> None:
    (base,) = re.findall(r"^FROM (\S+)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base)
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


def test_what_is_asked_and_shown_is_there() -> None:
    source = yaml.safe_load((ROOT / "docker/grafana/provisioning/datasources/prometheus.yml").read_text())
    assert [one["url"] for one in source["datasources"]] == ["http://prometheus:9090"]
    scraped = yaml.safe_load((ROOT / "docker/prometheus/prometheus.yml").read_text())["scrape_configs"]
    copies, proxy, services = scraped
    assert copies["dns_sd_configs"][0]["names"] == ["scoring"]
    assert proxy["static_configs"] == [{"targets": ["scoring-proxy:8404"]}]
    hosts = {
        re.sub(r"^http://|:.*", "", re.sub(r"^http://", "", group["targets"][0]))
        for group in services["static_configs"]
    }
    assert hosts <= SERVICES.keys()
    modules = yaml.safe_load((ROOT / "docker/prometheus/blackbox.yml").read_text())["modules"]
    assert {group["labels"]["__param_module"] for group in services["static_configs"]} == modules.keys()
    assert "scoring:8000" in (ROOT / "docker/proxy/haproxy.cfg").read_text()
    assert DEFAULTS["AIRLOCK_SCORING_PORT"] in SERVICES["scoring"]["command"]
