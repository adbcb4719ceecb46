import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stack import again
from stack.sessions import members_of
from stack.settings import ROOT
from stack.waiting import wait_until

#: Notes its id and that of a child of its own, then waits.
LONG = """
import os, pathlib, signal, subprocess, sys
child = subprocess.Popen(["sleep", "600"])
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()} {child.pid}\\n")
signal.pause()
"""


@pytest.fixture
def ids(tmp_path: Path) -> Path:
    return tmp_path / "ids"


@pytest.fixture
def watched(ids: Path) -> "subprocess.Popen[bytes]":
    """A command that is started again whenever it ends."""
    return subprocess.Popen(
        [sys.executable, "-m", "stack.again", sys.executable, "-c", LONG, str(ids)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def started(ids: Path, times: int) -> list[int]:
    """Wait until the command was started so many times; return the ids of the last one and its child."""
    lines = lambda: ids.read_text().splitlines() if ids.exists() else []  # noqa: E731
    wait_until(lambda: len(lines()) == times, what=f"start number {times}", timeout=30, every=0.05)
    return [int(number) for number in lines()[-1].split()]


def test_what_is_killed_is_started_again_and_what_it_had_started_is_gone(
    watched: "subprocess.Popen[bytes]", ids: Path
) -> None:
    first, child = started(ids, 1)
    os.kill(first, signal.SIGKILL)
    second, other = started(ids, 2)
    assert second != first
    assert child not in {process.pid for process in members_of({watched.pid})}
    assert other in {process.pid for process in members_of({watched.pid})}

    os.killpg(watched.pid, signal.SIGTERM)
    assert watched.wait(30) == 0
    assert members_of({watched.pid}) == []


def test_what_cannot_start_is_given_up(tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    command = ["sh", "-c", f"echo once >> {noted}; exit 7"]
    done = subprocess.run(
        [sys.executable, "-m", "stack.again", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
    )
    assert done.returncode == 7
    assert noted.read_text() == "once\n" * again.MOST_IN_A_ROW
    assert "ended with 7: starting it again" in done.stdout
