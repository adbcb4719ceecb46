"""The processes of a session: all that a process of the stack started, whatever became of their parents."""

import os
import signal
from collections.abc import Collection
from contextlib import suppress

import psutil


def members_of(sessions: Collection[int]) -> list[psutil.Process]:
    """Return every living process of some sessions."""
    return [process for process in psutil.process_iter() if _session_of(process) in sessions]


def send(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal to a process, unless it is gone already."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid) if process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, psutil.NoSuchProcess):
        return None
