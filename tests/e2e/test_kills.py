"""What is killed in the middle of its work ends in the right state, with nothing doubled."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from airlock.governance import tables
from airlock.governance.engine import lock
from demo.people import People
from stack import supervisor
from stack.airflow_records import Run, Task
from stack.waiting import wait_until
from tests.e2e.models import SLOW, mails_about
from tests.e2e.records import Records
from tests.e2e.running_stack import RunningStack
from tests.e2e.trained import Trained, asked, ended, registered

PATIENCE = 300.0  # a task whose supervisor was killed too is noticed when its heartbeat is a minute late


def test_a_killed_train_task_is_tried_again(people: People, slow_training: Run, signs: Path) -> None:
    killed = _fitting(signs / "one")
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: _fitting(signs / "one") != killed, what="the fit to begin again", timeout=PATIENCE)
    (signs / "one").touch()
    wait_until(
        lambda: people.dana.task(slow_training, "train", 0).state == "success",
        what="train[0]",
        timeout=PATIENCE,
    )
    assert people.dana.task(slow_training, "train", 0).try_number == 2


def test_after_a_killed_scheduler_everything_goes_on(
    stack: RunningStack,
    people: People,
    records: Records,
    slow_training: Run,
    diagnosis: Trained,
    guarded: Trained,
    signs: Path,
) -> None:
    deploying, testing = (_release_again(people, trained) for trained in (diagnosis, guarded))
    fitting = _fitting(signs / "two")
    with _deployments_held(records, "tumour_diagnosis"):
        _approve(people, deploying)
        _waits_for_the_lock(records)
        with _frozen(stack):
            _approve(people, testing)
            _running(people, testing, "smoke_test")
            os.kill(stack.process_id("airflow-scheduler"), signal.SIGKILL)
            wait_until(
                lambda: not supervisor.alive(stack.settings), what="the stack to end", timeout=PATIENCE
            )
    assert supervisor.first_ended(stack.settings) == "airflow-scheduler"
    stack.up()
    assert not _alive(fitting)
    (signs / "two").touch()

    for run, trained in ((deploying, diagnosis), (testing, guarded)):
        assert ended(people, run)["announce"] == "success"
        _deployed_once(stack, records, run, trained)
    trained = registered(people, slow_training)
    (candidate,) = records.rows(tables.candidates, model=SLOW)
    assert (candidate["state"], candidate["version"]) == ("registered", trained.version)
    assert len(records.mlflow_versions(SLOW)) == 1
    keys = Counter(tags["airlock.key"] for tags in records.mlflow_runs(SLOW))
    assert keys == {f"{slow_training.run_id}/{name}": 1 for name in ("one", "two")}
    asked(people, trained.release)
    assert [mail.subject for mail in mails_about(stack, SLOW)] == [
        "[Airlock] Please decide: release Slow version 1?"
    ]


def test_a_killed_deploy_and_a_killed_smoke_test_deploy_once(
    stack: RunningStack, people: People, records: Records, slow_training: Run, signs: Path
) -> None:
    for name in ("one", "two"):
        (signs / name).touch()
    trained = registered(people, slow_training)
    with _deployments_held(records, SLOW):
        _approve(people, trained.release)
        _waits_for_the_lock(records)
        _kill(_running(people, trained.release, "deploy"))
    with _frozen(stack):
        _kill(_running(people, trained.release, "smoke_test"))
    states = ended(people, trained.release)
    assert (states["deploy"], states["smoke_test"], states["announce"]) == ("success",) * 3
    tries = {task.task_id: task.try_number for task in people.dana.tasks(trained.release)}
    assert (tries["deploy"], tries["smoke_test"]) == (2, 2)
    _deployed_once(stack, records, trained.release, trained)
    assert not [mail.subject for mail in mails_about(stack, SLOW) if "Failed" in mail.subject]


def _fitting(sign: Path) -> int:
    """Return the id of the process that waits for a sign, once it does."""
    begun = sign.with_name(f"{sign.name}.begun")
    return int(
        wait_until(
            lambda: begun.read_text() if begun.exists() else None,
            what=f"the fit of {sign.name}",
            timeout=PATIENCE,
        )
    )


def _release_again(people: People, trained: Trained) -> Run:
    return people.dana.trigger(trained.release.dag_id, conf={"version": trained.version})


def _approve(people: People, run: Run) -> None:
    people.approvers[1].answer(asked(people, run), "Approve", {"reason": "as good as before"})


def _running(people: People, run: Run, task_id: str) -> Task:
    """Wait until a task runs in a process of its own."""

    def look() -> Task | None:
        task = people.dana.task(run, task_id)
        return task if task.state == "running" and task.pid else None

    return wait_until(look, what=f"{task_id} to run", timeout=PATIENCE, every=0.3)


def _kill(task: Task) -> None:
    assert task.pid
    os.kill(task.pid, signal.SIGKILL)


@contextmanager
def _deployments_held(records: Records, model: str) -> Iterator[None]:
    """Let nobody deploy a model for a while: the lock that `deploy` takes is held by somebody else."""
    with records.engine.begin() as connection:
        lock(connection, f"deployment of {model}")
        yield


def _waits_for_the_lock(records: Records) -> None:
    """Wait until a deploy stands before the lock, which it asks for after the release was approved."""
    query = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")

    def look() -> int:
        with records.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    wait_until(look, what="deploy to wait for the lock", timeout=PATIENCE, every=0.3)


@contextmanager
def _frozen(stack: RunningStack) -> Iterator[None]:
    """Let the scoring API answer nobody for a while, so that a smoke test must wait."""
    scoring = stack.process_id("scoring")
    os.kill(scoring, signal.SIGSTOP)
    try:
        yield
    finally:
        if _alive(scoring):
            os.kill(scoring, signal.SIGCONT)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _deployed_once(stack: RunningStack, records: Records, run: Run, trained: Trained) -> None:
    (release,) = records.rows(tables.releases, dag_run_id=run.run_id)
    assert release["state"] == "deployed"
    (deployment,) = records.rows(tables.deployments, release_id=release["id"])
    (champion,) = records.rows(tables.deployments, model=trained.model, retired_at=None)
    assert champion == deployment
    (told,) = records.rows(tables.notices, key=f"release/{release['id']}/deployed")
    assert [mail.subject for mail in stack.mails() if quote(run.run_id, safe="") in mail.text].count(
        told["subject"]
    ) == 1
    with stack.scoring() as client:
        answer = client.get(f"/v1/models/{trained.model}").json()
    assert (answer["version"], answer["package_digest"]) == (trained.version, champion["package_digest"])
