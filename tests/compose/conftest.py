"""docker-compose.yaml really run, without Docker: every service's own command, environment and health check.

What differs: the programs are this machine's (Debian's Redis, HAProxy and Prometheus, the wheel's PostgreSQL,
this Python), no port is published, two of the project's Dags stand beside the tests' own, no Grafana runs.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.settings import ROOT
from tests.compose.boxes import Boxes, installed, missing_here
from tests.stack.compose_file import ONCE, SERVICES

HERE = Path(__file__).parent
PATIENCE = 600  # seconds all services together may take on a slow machine
COPIES = {"scoring": 2}
#: Where a task runs and what it knows, and a question for ria alone.
PROBE = """
import os
import socket

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, task
from airflow.sdk.execution_time.hitl import HITLUser

with DAG(dag_id="compose_probe", schedule=None):

    @task
    def look():
        import mlflow

        with mlflow.start_run(experiment_id=mlflow.create_experiment("probe")) as run:
            mlflow.log_metric("seen", 1)
        return {"host": socket.gethostname(), "knows": sorted(os.environ), "run": run.info.run_id}

    look()

with DAG(dag_id="compose_question", schedule=None):
    ria = HITLUser(id="ria", name="ria")
    HITLOperator(task_id="ask", subject="Yes?", options=["Yes", "No"], assigned_users=[ria])
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder takes minutes, and needs sandboxes."""
    missing = missing_here()
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.e2e)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    """Every service that this machine has a program for, healthy, started in the file's own order."""
    folder = tmp_path_factory.mktemp("compose")
    dags = folder / "dags"
    dags.mkdir()
    for name in ("audit.py", "specs.py"):
        (dags / name).write_text((ROOT / "dags" / name).read_text())
    (dags / "probe.py").write_text(PROBE)
    boxes = Boxes(folder, dags)
    try:
        boxes.open()
        _start_in_order(boxes)
        yield boxes
    finally:
        boxes.close()


def _start_in_order(boxes: Boxes) -> None:
    wanted = {name for name in SERVICES if installed(name)}
    started: set[str] = set()
    done: set[str] = set()
    deadline = time.monotonic() + PATIENCE
    while done != wanted:
        for name in sorted(wanted - started):
            if _needs(name) <= done:
                started.add(name)
                _start(boxes, name, done)
        # First those that others wait for: some checks take seconds.
        for name in sorted(started - done, key=lambda one: -sum(one in _needs(other) for other in wanted)):
            if all(box.healthy() for box in boxes.of(name)):
                done.add(name)
                break
        assert time.monotonic() < deadline, f"not healthy in {PATIENCE} s: {sorted(wanted - done)}"


def _needs(name: str) -> set[str]:
    """Return what a service waits for."""
    return set(SERVICES[name].get("depends_on", {}))


def _start(boxes: Boxes, name: str, done: set[str]) -> None:
    if name in ONCE:
        boxes.once(name)
        done.add(name)
        return
    for _ in range(COPIES.get(name, 1)):
        boxes.start(name)
