"""Processor time spent: what else the machine does meanwhile is not in it."""

from collections.abc import Iterator
from contextlib import suppress

import psutil

from bench.growth.installation import Installation


def cpu_seconds(made: Installation) -> float:
    """Return what everything that was started here has spent so far: Airflow, its tasks and PostgreSQL."""
    spent = 0.0
    for process in _started(made):
        with suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            spent += used.user + used.system + used.children_user + used.children_system
    return spent


def _started(made: Installation) -> Iterator[psutil.Process]:
    postgres = int((made.cluster.data / "postmaster.pid").read_text().splitlines()[0])
    yield psutil.Process(postgres)
    yield from psutil.Process(postgres).children(recursive=True)
    yield from psutil.Process().children(recursive=True)
