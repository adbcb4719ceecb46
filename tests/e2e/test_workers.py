"""Two Celery workers share a run, and one that dies in the middle of it loses nothing."""

import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from airlock.governance import tables
from demo.people import People
from demo.progress import Progress
from stack import broker
from stack.airflow_records import Run, Task
from stack.environment import CELERY_SETTINGS
from stack.sessions import send
from stack.settings import ROOT
from stack.waiting import wait_until
from tests.e2e.models import SHARED, add_shared_model
from tests.e2e.records import Records
from tests.e2e.running_stack import CommandFailed, RunningStack, new_settings
from tests.e2e.trained import Trained, ended, registered
from tests.stack.ports import free_ports

pytestmark = pytest.mark.skipif(
    shutil.which(broker.PROGRAM) is None, reason="no redis-server is installed: apt install redis-server"
)

WORKERS = {"w1", "w2"}
NIGHT = date(2026, 3, 1)
BIOPSIES = 569
#: One more than a worker takes: both work on them, however they are dealt.
PARTS = int(CELERY_SETTINGS["CELERY__WORKER_CONCURRENCY"]) + 1
PATIENCE = 300.0  # a dead worker's task is noticed when its heartbeat is a minute late


@dataclass(frozen=True)
class Killed:
    """A night in whose middle a worker died: what ran where before, and the run as it ended."""

    before: dict[int, Task]
    run: Run
    after: dict[int, Task]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack of this file's own, with two workers."""
    folder = tmp_path_factory.mktemp("workers")
    shutil.copytree(ROOT / "include", folder / "include")
    running = RunningStack(new_settings(folder, folder / "include", free_ports(4), workers=len(WORKERS)))
    try:
        running.up()
        yield running
    finally:
        running.command("clean")


@pytest.fixture(scope="module")
def known(installation: RunningStack) -> Records:
    """What it has on record."""
    return Records.of(installation)


@pytest.fixture(scope="module")
def staff(installation: RunningStack) -> People:
    """Those who work with it."""
    return People(installation.settings, Progress())


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that holds who reads the biopsies, while it is there."""
    return tmp_path_factory.mktemp("gate") / "closed"


@pytest.fixture(scope="module")
def trained(installation: RunningStack, staff: People, gate: Path) -> Trained:
    """A model that was trained, released and deployed by tasks of two workers."""
    add_shared_model(installation, gate.parent, NIGHT, PARTS)
    trained = registered(staff, staff.train(SHARED, "to share its nights"))
    assert ended(staff, trained.release)["announce"] == "success"
    return trained


@pytest.fixture(scope="module")
def killed(installation: RunningStack, staff: People, trained: Trained, gate: Path) -> Killed:
    """A night that was being scored when a worker and all it ran were killed at once."""
    gate.touch()
    after = datetime.combine(NIGHT, datetime.min.time(), UTC) + timedelta(days=1, hours=12)
    run = staff.dana.trigger(f"{SHARED}.score", logical_date=after)
    begun = lambda: len(list(gate.parent.glob("*.begun"))) == PARTS  # noqa: E731
    wait_until(begun, what="every part to begin", timeout=PATIENCE)
    before = parts_of(staff, run)
    for process in psutil.Process(installation.process_id("airflow-worker-w1")).children(recursive=True):
        send(process, signal.SIGKILL)
    gate.unlink()
    over = staff.dana.wait_for_run(run, timeout=PATIENCE)
    return Killed(before, over, parts_of(staff, run))


def parts_of(staff: People, run: Run) -> dict[int, Task]:
    return {task.map_index: task for task in staff.dana.tasks(run) if task.task_id == "score"}


def test_both_workers_run_tasks_of_a_run(killed: Killed) -> None:
    assert {task.hostname for task in killed.before.values()} == WORKERS
    assert {task.state for task in killed.before.values()} == {"running"}


def test_a_training_runs_on_workers_alone(staff: People, trained: Trained) -> None:
    ran = [task for task in staff.dana.tasks(trained.training) if task.state == "success"]
    assert {task.hostname for task in ran} <= WORKERS
    assert {task.try_number for task in ran} == {1}


def test_what_a_dead_worker_ran_is_tried_again_and_nothing_else(killed: Killed) -> None:
    assert killed.run.state == "success"
    tries = {number: task.try_number for number, task in killed.after.items()}
    assert tries == {number: 2 if task.hostname == "w1" else 1 for number, task in killed.before.items()}
    assert {task.hostname for task in killed.after.values()} <= WORKERS


def test_no_part_is_missing_and_none_is_doubled(killed: Killed, known: Records, trained: Trained) -> None:
    parts = known.rows(tables.batches, model=SHARED)
    assert sorted(part["part"] for part in parts) == list(range(1, PARTS + 1))
    assert {(part["night"], part["version"], part["replaced_at"]) for part in parts} == {
        (NIGHT, trained.version, None)
    }
    assert sum(part["rows"] for part in parts) == BIOPSIES
    query = sa.text("SELECT entity_key FROM batch_scores WHERE model = :model")
    with known.engine.connect() as connection:
        answered = connection.execute(query, {"model": SHARED}).scalars().all()
    assert len(answered) == len(set(answered)) == BIOPSIES


def test_a_dead_worker_comes_back_and_the_stack_stays_up(installation: RunningStack, killed: Killed) -> None:
    assert "ended with -9: starting it again" in installation.log("airflow-worker-w1")
    wait_until(
        lambda: "workers w1, w2" in _status(installation), what="both workers to answer", timeout=PATIENCE
    )


def _status(installation: RunningStack) -> str:
    try:
        return installation.command("status")
    except CommandFailed as error:  # something does not run yet
        return str(error)


def test_what_a_worker_logged_is_read_as_ever(staff: People, killed: Killed) -> None:
    for task in killed.after.values():
        assert "score" in staff.dana.log(task)
