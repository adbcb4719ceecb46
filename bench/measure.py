"""Measuring: each side of a case in a fresh process, its peak memory by the system's account of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

from bench.case import OURS, Case, Measured
from bench.table import Row
from stack.environment import inherited
from stack.settings import ROOT

MAXRSS_A_MB = 1 << 20 if sys.platform == "darwin" else 1 << 10


class MeasuringFailed(Exception):
    """A side of a case failed; the message is the end of what it said."""


def rows_of(module: str, case: Case, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Measure a case and yield a row for each peer and limit.

    The sides take turns, so that whatever else the machine does meanwhile falls on all of them.
    """
    runs = {OURS: case.runs, **dict.fromkeys(case.peers, case.peer_runs)}
    found: dict[str, list[Measured]] = {side: [] for side in runs}
    for turn in range(max(runs.values())):
        for side in (side for side, wanted in runs.items() if turn < wanted):
            say(f"{case.name}: {side}, {turn + 1} of {runs[side]}")
            found[side].append(measure(module, case, side, folder))
    ours = _median(found[OURS])
    for name in case.peers:
        peer = _median(found[name])
        yield _row(case, ours, name, peer.value, peer.peak_mb)
    for name, limit in case.limits.items():
        yield _row(case, ours, name, limit, None)


def measure(module: str, case: Case, side: str, folder: Path) -> Measured:
    """Run one side of a case in a process of its own.

    Raises
    ------
    MeasuringFailed
        When the process fails.
    """
    with TemporaryFile() as said:
        command = [sys.executable, "-m", "bench.child", module, case.name, side, str(folder)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
    if process.returncode:
        raise MeasuringFailed("\n".join([f"{case.name}: {side} failed:", *lines[-15:]]))
    found = Measured(**json.loads(lines[-1]))
    return found if found.peak_mb else Measured(found.value, used.ru_maxrss / MAXRSS_A_MB)


def environment() -> dict[str, str]:
    """Return the environment of every measured process: nobody reports to anybody."""
    return {
        **inherited(),
        # mlflow models serve starts uvicorn by its name.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(ROOT / "plugins"),
        "PYTHONWARNINGS": "ignore",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "False",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _median(found: Sequence[Measured]) -> Measured:
    return Measured(median(one.value for one in found), median(one.peak_mb or 0.0 for one in found))


def _row(case: Case, ours: Measured, name: str, value: float, peak_mb: float | None) -> Row:
    ratio = ours.value / value if case.higher_is_better else value / ours.value
    return Row(
        name=case.name,
        unit=case.unit,
        ours=ours.value,
        peer_name=name,
        peer=value,
        ratio=ratio,
        peak_mb=ours.peak_mb or 0.0,
        peer_peak_mb=peak_mb,
    )
