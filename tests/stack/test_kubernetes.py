"""The files for Kubernetes: no secret in them, each name leads somewhere, and they say what Docker's say."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.configuration import conf

from stack.settings import ROOT

FOLDER = ROOT / "docker" / "kubernetes"
PAGE = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
IMAGE = "registry.example.org/airlock"
#: The pods that tasks or their callbacks run in.
TASKS = (("dagProcessor",), ("workers", "celery"))
#: Chart keys of which the value is a Secret's name.
NAMED_SECRETS = (
    ("data", "metadataSecretName"),
    ("data", "resultBackendSecretName"),
    ("data", "brokerUrlSecretName"),
    ("fernetKeySecretName",),
    ("apiSecretKeySecretName",),
    ("jwtSecretName",),
)


def read(name: str) -> list[Any]:
    return list(yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")))


(VALUES,) = read("values.yaml")
(BESIDE,) = read("kubernetes-executor.yaml")
MANIFESTS = {(one["kind"], one["metadata"]["name"]): one for one in read("airlock.yaml")}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))


def at(values: Any, *path: str) -> Any:
    for key in path:
        values = values[key]
    return values


def lists_of_env(found: Any) -> Iterator[list[dict[str, Any]]]:
    if isinstance(found, dict):
        for key, value in found.items():
            if key == "env":
                yield value
            else:
                yield from lists_of_env(value)
    elif isinstance(found, list):
        for value in found:
            yield from lists_of_env(value)


def containers() -> list[dict[str, Any]]:
    return [
        container
        for one in MANIFESTS.values()
        if one["kind"] in ("Job", "StatefulSet")
        for container in one["spec"]["template"]["spec"]["containers"]
    ]


EVERY_ENV = [each for env in lists_of_env([VALUES, BESIDE, *MANIFESTS.values()]) for each in env]


@pytest.mark.parametrize("each", EVERY_ENV, ids=lambda each: each["name"])
def test_what_is_secret_is_read_from_a_secret(each: dict[str, Any]) -> None:
    telling = r"PASSWORD|SECRET|_KEY\b|KEY_|_CONN|DATABASE_URL|FINGERPRINT|_USERNAME"
    assert ("valueFrom" in each) == bool(re.search(telling, each["name"]))
    if "valueFrom" in each:
        assert each["valueFrom"]["secretKeyRef"].keys() == {"name", "key"}
    else:
        assert "@" not in each["value"]


def test_the_page_lists_exactly_the_secrets_and_their_keys() -> None:
    told = {
        (secret, key)
        for line in re.findall(r"^\| (`airlock-.*) \|$", PAGE, re.MULTILINE)
        for secret in re.findall(r"`(airlock-[a-z-]+)`", line.split(" | ")[0])
        for key in re.findall(r"`([a-z-]+)`", line.split(" | ")[1])
        if key != "airlock"  # the role that one of them is of
    }
    references = (each["valueFrom"]["secretKeyRef"] for each in EVERY_ENV if "valueFrom" in each)
    named = {(at(VALUES, *path), path[-1]) for path in NAMED_SECRETS}
    assert {secret for secret, _ in told} == {one["name"] for one in references} | {name for name, _ in named}
    for each in EVERY_ENV:
        if "valueFrom" in each:
            reference = each["valueFrom"]["secretKeyRef"]
            assert (reference["name"], reference["key"]) in told


@pytest.mark.parametrize(
    ("section", "option"),
    [(section, option) for section, options in VALUES["config"].items() for option in options],
)
def test_each_setting_is_one_of_airflow_s_and_is_what_docker_sets(section: str, option: str) -> None:
    if section != "celery_broker_transport_options":  # Celery's own, which Airflow hands on unread
        assert option in conf.configuration_description[section]["options"]
    of_docker = COMPOSE["x-airflow-settings"].get(f"AIRFLOW__{section}__{option}".upper())
    if of_docker is not None and option != "base_url":
        assert str(VALUES["config"][section][option]) == of_docker


def test_the_other_executor_s_settings_are_airflow_s() -> None:
    options = BESIDE["config"]["kubernetes_executor"]
    assert all(option.islower() for option in options)
    assert BESIDE["executor"] == "KubernetesExecutor"
    assert BESIDE["workers"]["kubernetes"]["env"] == VALUES["workers"]["celery"]["env"]


@pytest.mark.parametrize("path", TASKS, ids="/".join)
def test_tasks_know_what_docker_s_know(path: tuple[str, ...]) -> None:
    names = {each["name"] for each in at(VALUES, *path)["env"]}
    assert {name for name in names if not name.startswith("AWS_")} == set(COMPOSE["x-tasks-environment"])


def test_only_tasks_can_write_records_and_evidence() -> None:
    writing = {("airlock-records", "tasks-connection"), ("airlock-evidence-writer", "key")}

    def read_by(found: Any) -> set[tuple[str, str]]:
        references = [
            each.get("valueFrom", {}).get("secretKeyRef") for env in lists_of_env(found) for each in env
        ]
        return {(one["name"], one["key"]) for one in references if one}

    others = {name: part for name, part in VALUES.items() if name not in ("dagProcessor", "workers")}
    assert writing.isdisjoint(read_by([others, *MANIFESTS.values()]))
    assert writing <= read_by(VALUES["workers"])


def test_every_setting_of_airlock_s_is_one() -> None:
    known = (ROOT / "plugins" / "airlock" / "settings.py").read_text(encoding="utf-8")
    logins = (ROOT / "plugins" / "airlock" / "logins" / "accounts.py").read_text(encoding="utf-8")
    names = {each["name"] for each in [*EVERY_ENV, *VALUES["env"]] if each["name"].startswith("AIRLOCK_")}
    assert not [name for name in names if f'"{name}"' not in known + logins]


def test_commands_lead_to_modules_and_files_that_are_there() -> None:
    for container in containers():
        assert container["command"][:2] == ["python", "-m"]
        assert importlib.util.find_spec(container["command"][2])
        for argument in container["command"]:
            if argument.startswith("plugins/"):
                assert (ROOT / argument).is_file()


@pytest.mark.parametrize("part", ["scheduler", "dagProcessor", "triggerer"])
def test_probes_ask_what_docker_s_health_checks_ask(part: str) -> None:
    service = {"scheduler": "scheduler", "dagProcessor": "dag-processor", "triggerer": "triggerer"}[part]
    asked = COMPOSE["services"][f"airflow-{service}"]["healthcheck"]["test"]
    assert VALUES[part]["livenessProbe"]["command"] == asked[asked.index("airflow") :]


def test_there_is_one_version_and_one_user() -> None:
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert f"apache-airflow=={VALUES['airflowVersion']}\n" in requirements
    assert VALUES["defaultAirflowRepository"] == IMAGE
    assert {container["image"] for container in containers()} == {f"{IMAGE}:{VALUES['defaultAirflowTag']}"}
    user = int(re.search(r"--uid (\d+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))[1])  # type: ignore[index]
    pods = [one["spec"]["template"]["spec"] for one in MANIFESTS.values() if "template" in one["spec"]]
    assert {VALUES["uid"], *(pod["securityContext"]["runAsUser"] for pod in pods)} == {user}


def test_names_within_the_manifests_fit_each_other() -> None:
    scoring = MANIFESTS["StatefulSet", "airlock-scoring"]
    labels = scoring["spec"]["template"]["metadata"]["labels"]
    assert MANIFESTS["Service", scoring["spec"]["serviceName"]]["spec"]["selector"] == labels
    assert scoring["spec"]["selector"]["matchLabels"] == labels
    assert MANIFESTS["PodDisruptionBudget", "airlock-scoring"]["spec"]["selector"]["matchLabels"] == labels
    target = MANIFESTS["HorizontalPodAutoscaler", "airlock-scoring"]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) in MANIFESTS
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in VALUES["volumes"][1:]]
    assert [("PersistentVolumeClaim", claim) in MANIFESTS for claim in claims] == [True]
    assert VALUES["env"][6]["value"].startswith("http://airlock-scoring:8000")


def test_each_mount_has_its_volume() -> None:
    assert [each["name"] for each in VALUES["volumeMounts"]] == [each["name"] for each in VALUES["volumes"]]
    for one in MANIFESTS.values():
        if "template" not in one["spec"]:
            continue
        pod = one["spec"]["template"]["spec"]
        claims = [claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])]
        volumes = {*claims, *(volume["name"] for volume in pod.get("volumes", []))}
        mounts = [
            each["name"] for container in pod["containers"] for each in container.get("volumeMounts", [])
        ]
        assert sorted(mounts) == sorted(volumes)


def test_the_spool_is_a_folder_that_the_process_makes_and_owns_in_its_volume() -> None:
    (container,) = MANIFESTS["StatefulSet", "airlock-scoring"]["spec"]["template"]["spec"]["containers"]
    spool = next(each["value"] for each in container["env"] if each["name"] == "AIRLOCK_SPOOL")
    mount = next(each["mountPath"] for each in container["volumeMounts"] if each["name"] == "spool")
    assert Path(mount) in Path(spool).parents
