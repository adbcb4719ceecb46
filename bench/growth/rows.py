"""Rows: how long a night of so many takes to be watched and to be scored."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.case import OURS
from bench.cases import find
from bench.measure import MeasuringFailed, environment, measure
from bench.world import Size, World
from stack.settings import ROOT

#: What is measured, by the file and the name of its case.
CASES = {
    "drift of 31 columns": ("drift", "drift of a night's 31 features and answers"),
    "batch scoring, Parquet to Parquet": ("batch", "batch scoring, Parquet to Parquet"),
}


def seconds_of(rows: int) -> dict[str, float]:
    """Return how many seconds a night of so many rows takes, by what is done with it."""
    with TemporaryDirectory(prefix="airlock-growth-") as name:
        World(Path(name)).write_size(Size(rows=rows, training_rows=min(rows, Size.training_rows)))
        command = [sys.executable, "-m", "bench.making", name]
        done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
        if done.returncode:
            raise MeasuringFailed(done.stderr)
        return {
            what: measure(module, find(module, case), OURS, Path(name)).value
            for what, (module, case) in CASES.items()
        }
