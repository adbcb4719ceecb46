"""The benchmarks from a shell: `python -m bench [--only drift …] [--rows 100000] [--json FILE]`."""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.case import Case
from bench.cases import MODULES, cases_of
from bench.measure import MeasuringFailed, environment, rows_of
from bench.postgres import running_postgres
from bench.table import Row, text, write
from bench.world import Size, World
from stack.settings import ROOT

JSON = ROOT / "bench" / "results" / "latest.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the cases, print the table, write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=MODULES, default=MODULES, help="some of the cases")
    parser.add_argument("--rows", type=int, default=Size.rows, help="rows of the night")
    parser.add_argument("--requests", type=int, default=Size.requests, help="requests to a server")
    parser.add_argument("--json", type=Path, default=JSON, help="where the JSON goes")
    given = parser.parse_args(arguments)
    chosen = [(module, case) for module in given.only for case in cases_of(module)]
    size = Size(rows=given.rows, training_rows=min(given.rows, Size.training_rows), requests=given.requests)
    began = time.monotonic()
    try:
        rows = measure_all(chosen, size)
    except MeasuringFailed as error:
        print(error, file=sys.stderr)
        return 1
    machine = _machine(size, time.monotonic() - began)
    write(rows, machine, given.json)
    print(f"\n{text(rows)}\n")
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    print("Ratio: how many times better ours is. Each run in a new process; the median counts.")
    print(f"The same as JSON: {given.json}")
    return 0


def measure_all(chosen: Sequence[tuple[str, Case]], size: Size) -> list[Row]:
    """Make the world, measure every case in it, and leave nothing behind."""
    with TemporaryDirectory(prefix="airlock-bench-") as name:
        world = World(Path(name))
        with _database(world, any(case.database for _, case in chosen), size) as known:
            world.write_size(known)
            _say("making the night, the model and the suite")
            command = [sys.executable, "-m", "bench.making", name]
            done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
            if done.returncode:
                raise MeasuringFailed(done.stderr)
            return [row for module, case in chosen for row in rows_of(module, case, world.folder, _say)]


@contextmanager
def _database(world: World, needed: bool, size: Size) -> Iterator[Size]:
    with running_postgres(world.folder / "home") if needed else nullcontext(("", "")) as (airlock, warehouse):
        yield replace(size, database=airlock, warehouse=warehouse)


def _machine(size: Size, seconds: float) -> dict[str, object]:
    return {
        "rows": size.rows,
        "requests": size.requests,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "seconds": round(seconds),
    }


def _say(line: str) -> None:
    print(f"  {line} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
