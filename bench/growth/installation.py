"""An installation of many models: PostgreSQL and Airflow as `make up` starts them, part by part."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.growth.models import write_include
from bench.measure import MeasuringFailed
from stack.postgres import Cluster, cluster_of
from stack.processes import Process, airflow_migration, airlock_migration, log_of, services
from stack.secrets import Secrets, ensure_secrets, prepare_home
from stack.settings import DEFAULTS, HOST, ROOT, Settings, read_settings

PATIENCE = 180.0


@dataclass(frozen=True)
class Used:
    """What a program came to: the time on the clock, its processor time, and its largest process."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Installation:
    """Where it is, how many models it has, and how its parts are started."""

    settings: Settings
    secrets: Secrets
    cluster: Cluster
    models: tuple[str, ...]

    @property
    def records(self) -> str:
        """The URL of the airlock database, by the role that owns it."""
        return self.cluster.url("airlock", self.secrets.database["airlock"])

    def process(self, name: str) -> Process:
        """Return a part of the stack by its name."""
        known = services(self.settings, self.secrets, self.cluster)
        return next(process for process in known if process.name == name)

    def run(self, name: str, *arguments: str) -> Used:
        """Run a part until it ends by itself.

        Raises
        ------
        MeasuringFailed
            When it fails, with the end of what it said.
        """
        part = self.process(name)
        began = time.perf_counter()
        with log_of(self.settings, name).open("wb") as said:
            started = _start(part, arguments, said.fileno())
            _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            raise MeasuringFailed(f"{name} failed:\n{_end_of(log_of(self.settings, name))}")
        return Used(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / (1 << 10))

    @contextmanager
    def running(self, *names: str) -> Iterator[None]:
        """Run parts of the stack until the block ends."""
        started = []
        try:
            for name in names:
                with log_of(self.settings, name).open("wb") as said:
                    started.append(_start(self.process(name), (), said.fileno()))
            yield
        finally:
            for process in started:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
            for process in started:
                process.wait()


@contextmanager
def installation(home: Path, models: int) -> Iterator[Installation]:
    """Make an installation with so many models, and delete it when the block ends."""
    names = write_include(home / "include", models)
    ports = {key: str(port) for key, port in zip(_port_keys(), _free_ports(), strict=False)}
    given = {"AIRLOCK_HOME": str(home / "home"), "AIRLOCK_INCLUDE": str(home / "include"), **ports}
    settings = read_settings(given, home / "no.env")
    prepare_home(settings.home)
    for folder in (settings.logs, settings.run):
        folder.mkdir()
    secrets, cluster = ensure_secrets(settings.home), cluster_of(settings.home)
    try:
        cluster.start(secrets.database)
        for migration in (airflow_migration, airlock_migration):
            _migrate(migration(settings, secrets, cluster))
        yield Installation(settings, secrets, cluster, names)
    finally:
        cluster.stop()
        cluster.delete()
        shutil.rmtree(home, ignore_errors=True)


def _start(part: Process, arguments: Sequence[str], said: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*part.command, *arguments],
        cwd=ROOT,
        env=part.environment,
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=said,
        start_new_session=True,
    )


def _migrate(part: Process) -> None:
    done = subprocess.run(part.command, cwd=ROOT, env=part.environment, capture_output=True, text=True)
    if done.returncode:
        raise MeasuringFailed(f"{part.name} failed:\n{done.stderr[-2000:]}")


def _port_keys() -> list[str]:
    return [key for key in DEFAULTS if key.endswith("_PORT")]


def _free_ports() -> list[int]:
    sockets = [socket.socket() for _ in _port_keys()]
    for each in sockets:
        each.bind((HOST, 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
