"""Up, down, status and clean: the life of one installation."""

import fcntl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from shutil import rmtree

from stack import broker, health, supervisor
from stack.errors import StackError
from stack.postgres import Cluster, cluster_of
from stack.processes import Process, airflow_migration, airlock_migration, log_of
from stack.secrets import Secrets, ensure_secrets, prepare_home, read_passwords
from stack.settings import ROOT, Settings
from stack.users import USERS

EVER = datetime.min.replace(tzinfo=UTC)
TO_START = 300  # seconds every part together may take, on a machine that has much else to do
TO_ANSWER = 15  # seconds a stack that runs may take to show that it does
Say = Callable[[str], None]


def up(settings: Settings, say: Say = print) -> None:
    """Start everything that does not run yet, and return when every part answers."""
    began = time.monotonic()
    prepare_home(settings.home)
    with _alone(settings):
        secrets, cluster = ensure_secrets(settings.home), cluster_of(settings.home)
        if _runs_already(settings, cluster):
            say("The stack runs already.")
            return
        if supervisor.members(settings):
            say("The stack runs only in part: ending what is left of it first.")
            supervisor.stop(settings)
        if problem := health.taken_port(settings):
            raise StackError(problem)
        if settings.workers:
            broker.prepare(settings, secrets, cluster)
        _fresh_logs(settings)
        say("Starting PostgreSQL ...")
        cluster.start(secrets.database)
        _prepare_databases(settings, secrets, cluster, say)
        say("Starting Airflow, MLflow, the scoring API and the mail sink ...")
        since = datetime.now(UTC)
        supervisor.start(settings)
        try:
            health.wait_until_healthy(
                settings,
                cluster,
                since,
                alive=lambda: supervisor.alive(settings),
                ready=lambda part: say(f"  {part} is ready ({time.monotonic() - began:.0f} s)"),
                timeout=TO_START,
            )
        except StackError as error:
            was_alive = supervisor.alive(settings)
            supervisor.stop(settings)
            cluster.stop()
            raise StackError(_explain(settings, error, was_alive)) from None


def down(settings: Settings, say: Say = print) -> None:
    """End every process; the data stay."""
    if not settings.home.exists():
        say("The stack does not run.")
        return
    with _alone(settings):
        cluster = cluster_of(settings.home)
        if not supervisor.members(settings) and not cluster.running():
            say("The stack does not run.")
            return
        supervisor.stop(settings)
        cluster.stop()
        say("The stack is down; its data stay.")


def clean(settings: Settings, say: Say = print) -> None:
    """Delete the private folder and the databases."""
    down(settings, lambda line: None)
    cluster_of(settings.home).delete()
    rmtree(settings.home, ignore_errors=True)
    say(f"Deleted {settings.home} and its databases.")


def status(settings: Settings, say: Say = print) -> bool:
    """Say what runs, where to go and how to log in; return whether everything runs."""
    if not settings.home.exists():
        say("Nothing was started here yet: run make up.")
        return False
    found = health.troubles(settings, cluster_of(settings.home), EVER)
    places = {
        "Airflow": settings.airflow_url,
        "MLflow": settings.mlflow_url,
        "Scoring API": f"{settings.scoring_url}/docs",
        "Mail": "make mail",
        **({"Celery": "workers " + ", ".join(settings.worker_names)} if settings.workers else {}),
        "PostgreSQL": "make env prints its addresses",
    }
    for part, place in places.items():
        say(f"  {part:<12} {found.get(part, 'runs'):<10} {place if part not in found else ''}".rstrip())
    passwords = read_passwords(settings.home)
    say("\nLog in to Airflow as:")
    for user in USERS:
        say(f"  {user.name:<6} {passwords[user.name]:<14} {user.part}")
    say(f"\nLogs: {settings.logs}")
    orphaned = not supervisor.alive(settings) and bool(supervisor.members(settings))
    if orphaned:
        say("The processes run, and what watches over them does not: make up puts that right.")
    elif found:
        say("Not everything runs: make up starts it, and nothing that was recorded is lost.")
    return not found and not orphaned


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    with (settings.home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError("Another make up or make down is at work here: wait until it is done.") from None
        yield


def _runs_already(settings: Settings, cluster: Cluster) -> bool:
    if not supervisor.alive(settings) or not cluster.running():
        return False
    try:
        health.wait_until_healthy(
            settings,
            cluster,
            EVER,
            alive=lambda: supervisor.alive(settings),
            ready=lambda part: None,
            timeout=TO_ANSWER,
        )
    except StackError:
        return False
    return True


def _prepare_databases(settings: Settings, secrets: Secrets, cluster: Cluster, say: Say) -> None:
    wanted = [airlock_migration(settings, secrets, cluster)]
    migrated = settings.home / "airflow" / "migrated-to"
    release = version("apache-airflow")
    known = migrated.read_text() if migrated.exists() else None
    if known != release or not cluster.holds_tables("airflow", secrets.database["airflow"]):
        say("Making Airflow's tables ...")
        wanted.append(airflow_migration(settings, secrets, cluster))
    for process, started in [(process, _start(settings, process)) for process in wanted]:
        if started.wait():
            raise StackError(f"{process.name} failed:\n{_tail(settings, process.name)}")
    migrated.write_text(release)


def _fresh_logs(settings: Settings) -> None:
    settings.logs.mkdir(exist_ok=True)
    for log in settings.logs.glob("*.log"):
        log.replace(log.with_suffix(".log.1"))


def _start(settings: Settings, process: Process) -> subprocess.Popen[bytes]:
    with log_of(settings, process.name).open("w") as log:
        return subprocess.Popen(
            process.command,
            cwd=ROOT,
            env=process.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _explain(settings: Settings, error: StackError, was_alive: bool) -> str:
    if was_alive:
        return f"{error} The stack was stopped again; its logs are in {settings.logs}."
    culprit = supervisor.first_ended(settings) or supervisor.SUPERVISOR
    return f"{culprit} ended, so the stack was stopped again. The end of its log:\n{_tail(settings, culprit)}"


def _tail(settings: Settings, name: str) -> str:
    log = log_of(settings, name)
    lines = log.read_text(errors="replace").strip().splitlines()[-15:]
    return "\n".join([*(f"  {line}" for line in lines), f"All of it: {log}"])
