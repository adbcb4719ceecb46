"""A real Dask scheduler and real workers for tests, each a process of its own on a free loopback port."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from distributed import Client

from airlock.settings import ROOT

HOST = "127.0.0.1"
PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Cluster:
    """A scheduler and its workers."""

    address: str
    scheduler: subprocess.Popen
    workers: Sequence[subprocess.Popen]


@contextmanager
def dask_cluster(folder: Path, *workers: Sequence[str]) -> Iterator[Cluster]:
    """Run `dask scheduler`, and `dask worker` once for each tuple of options."""
    file = folder / "scheduler.json"
    with ExitStack() as stack:
        scheduler = stack.enter_context(
            _running(folder, "scheduler", "--host", HOST, "--port", "0", "--scheduler-file", str(file))
        )
        address = _address(file, scheduler)
        started = [
            stack.enter_context(
                _running(
                    folder, "worker", address, "--host", HOST, "--local-directory", str(folder), *options
                )
            )
            for options in workers
        ]
        if workers:
            with Client(address, timeout=PATIENCE_SECONDS, set_as_default=False) as client:
                client.wait_for_workers(len(workers), timeout=PATIENCE_SECONDS)
        yield Cluster(address, scheduler, started)


@contextmanager
def _running(folder: Path, kind: str, *options: str) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", "dask", kind, "--no-dashboard", *options]
    path = os.pathsep.join((str(ROOT / "plugins"), str(ROOT)))
    with (folder / "dask.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:  # it waits for work that does not end
                process.kill()
                process.wait()


def _address(file: Path, scheduler: subprocess.Popen) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while scheduler.poll() is None and time.monotonic() < deadline:
        if file.exists() and (said := file.read_text()):
            return json.loads(said)["address"]
        time.sleep(0.05)
    raise RuntimeError(f"The scheduler does not come up: {(file.parent / 'dask.log').read_text()[-2000:]}")
