"""Starts the stack's processes in the background, and ends them, all of them.

honcho runs them. When one dies it ends the others, so that the stack is never half there unnoticed: `make up`
brings everything back, and nothing is lost, because every state that matters is in PostgreSQL or in a file
named by its content. A task that was running is retried by Airflow once its heartbeat is a minute late.
Only a Celery worker may die alone: `stack.again` starts it again, and the others work on.

Every process starts a session of its own and notes its id in `run/`. A task that Airflow forks stays in that
session whatever becomes of its parents: ending a session's members leaves no orphan, even after honcho itself
was killed.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
from honcho.manager import Manager
from honcho.printer import Printer

from stack import environment
from stack.postgres import cluster_of
from stack.processes import log_of, services
from stack.secrets import read_secrets
from stack.sessions import members_of, send
from stack.settings import ROOT, Settings, read_settings

SUPERVISOR = "stack"
PATIENCE = 20  # seconds honcho may take to end its processes; it kills what is left after five
ENDED = re.compile(r"(\S+) stopped \(rc=(-?\d+)\)")


def start(settings: Settings) -> None:
    """Start every process in the background."""
    settings.run.mkdir(exist_ok=True)
    with log_of(settings, SUPERVISOR).open("w") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "stack.supervisor"],
            cwd=ROOT,
            env={**environment.inherited(), **settings.variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _pid_file(settings).write_text(str(supervisor.pid))


def alive(settings: Settings) -> bool:
    """Tell whether the supervisor runs."""
    return _leader(_pid_file(settings)) is not None


def first_ended(settings: Settings) -> str | None:
    """Return the name of the process whose end made the others end."""
    log = log_of(settings, SUPERVISOR)
    found = ENDED.search(log.read_text(errors="replace")) if log.exists() else None
    return found[1] if found else None


def stop(settings: Settings) -> None:
    """End every process of the stack, and whatever they have left behind."""
    if supervisor := _leader(_pid_file(settings)):
        supervisor.terminate()
        psutil.wait_procs([supervisor], timeout=PATIENCE)
    for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        left = members(settings)
        for process in left:
            send(process, number)
        psutil.wait_procs(left, timeout=patience)
    for pid_file in settings.run.glob("*.pid"):
        pid_file.unlink()


def members(settings: Settings) -> list[psutil.Process]:
    """Return every living process of the stack's sessions."""
    sessions = {session for file in settings.run.glob("*.pid") if (session := _session(file))}
    return members_of(sessions)


def _pid_file(settings: Settings) -> Path:
    return settings.run / f"{SUPERVISOR}.pid"


def _session(pid_file: Path) -> int | None:
    """Return the session a pid file names, unless the number belongs to somebody else by now."""
    text = pid_file.read_text().strip()
    if not text.isdecimal() or pid_file.stat().st_mtime < psutil.boot_time():
        return None
    if psutil.pid_exists(int(text)) and _leader(pid_file) is None:
        return None
    return int(text)


def _leader(pid_file: Path) -> psutil.Process | None:
    """Return the process a pid file names, if it is the one that was started when the file was written."""
    try:
        process = psutil.Process(int(pid_file.read_text()))
        ours = abs(process.create_time() - pid_file.stat().st_mtime) < 10
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def run(settings: Settings) -> int:
    """Run every process until one of them ends or the supervisor is told to end."""
    manager = Manager(Printer(sys.stdout, time_format="%Y-%m-%d %H:%M:%S", colour=False))
    for process in services(settings, read_secrets(settings.home), cluster_of(settings.home)):
        manager.add_process(
            process.name, process.shell_line(settings), env=process.environment, cwd=str(ROOT)
        )
    manager.loop()
    return int(manager.returncode or 0)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(run(read_settings()))
