"""Start a command again whenever it ends: `python -m stack.again command …`.

A Celery worker may die alone, of a full memory for example, while the others work on. What it had started
dies with it: Airflow gives its tasks to another worker once their heartbeats are late, and a first try must
not go on beside the second. A command that cannot even start is given up, so that the stack ends and says
whose fault it is.
"""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from types import FrameType

import psutil

from stack.sessions import members_of, send

SOON = 20.0  # seconds: what ends before has not really started
MOST_IN_A_ROW = 3


def main(*command: str) -> int:
    """Run the command until the session is told to end, or the command cannot start; return an exit code."""
    told = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal told
        told = True  # the command was told, too: whoever ends the stack tells a whole process group

    signal.signal(signal.SIGTERM, note)
    too_soon = 0
    while True:
        began = time.monotonic()
        code = subprocess.Popen(command).wait()
        too_soon = too_soon + 1 if time.monotonic() - began < SOON else 0
        if told:
            return 0
        end_what_is_left()
        if too_soon == MOST_IN_A_ROW:
            return code or 1
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} ended with {code}: starting it again", flush=True)


def end_what_is_left() -> None:
    """Kill every other process of this session."""
    left = [process for process in members_of({os.getsid(0)}) if process.pid != os.getpid()]
    for process in left:
        send(process, signal.SIGKILL)
    psutil.wait_procs(left, timeout=5)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
