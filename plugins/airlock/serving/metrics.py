"""Metrics: what the scoring API counts and measures about itself, for Prometheus.

Where `PROMETHEUS_MULTIPROC_DIR` names a folder (`python -m airlock.serving` sees to it), the figures of all
workers are kept there and given as one, whichever worker is asked; elsewhere they are of the one process.
"""

import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from airlock.governance.predictions import Purpose
from airlock.governance.releases import Way
from airlock.spec.service import BOUNDS

#: How a version answers: as the champion, or as a challenger in one of its ways.
Role = Literal["champion"] | Way
FOLDER = "PROMETHEUS_MULTIPROC_DIR"

disable_created_metrics()  # type: ignore[no-untyped-call]  # when a series began says nothing about scoring

_OWN = CollectorRegistry()

_requests = Counter(
    "airlock_scoring_requests",
    "Requests that were answered, by route, model and HTTP status.",
    ("route", "model", "status"),
    registry=_OWN,
)
_seconds = Histogram(
    "airlock_scoring_request_seconds",
    "Time from a request's first byte to its answer's last.",
    ("route", "model"),
    buckets=BOUNDS,
    registry=_OWN,
)
_refusals = Counter(
    "airlock_scoring_refusals",
    "Requests that were refused, by the kind of reason.",
    ("kind",),
    registry=_OWN,
)
_rows = Counter(
    "airlock_scoring_rows",
    "Rows that were answered, by model, version, way (champion, canary, ab, shadow) and purpose.",
    ("model", "version", "way", "purpose"),
    registry=_OWN,
)
_challenger_failures = Counter(
    "airlock_scoring_challenger_failures",
    "Rows that a challenger was asked for and could not answer.",
    ("model", "version"),
    registry=_OWN,
)
_shadow_dropped = Counter(
    "airlock_scoring_shadow_dropped",
    "Rows that a challenger in the shadow was not asked for, or whose answer could not be kept.",
    ("model", "version"),
    registry=_OWN,
)
_ready = Gauge(
    "airlock_scoring_ready",
    "1 where every worker can answer for every champion, else 0.",
    registry=_OWN,
    multiprocess_mode="livemin",
)
_serves = Gauge(
    "airlock_scoring_serves",
    "Workers in which a version is loaded and may answer; 0 where it may not, or does not any more.",
    ("model", "version", "way"),
    registry=_OWN,
    multiprocess_mode="livesum",
)
_spool_bytes = Gauge(
    "airlock_scoring_spool_bytes",
    "Answers on this machine's disk that PostgreSQL does not have yet.",
    registry=_OWN,
    multiprocess_mode="livesum",
)
_spool_seconds = Gauge(
    "airlock_scoring_spool_oldest_seconds",
    "Age of the oldest answer that PostgreSQL does not have yet: how far the log lags behind.",
    registry=_OWN,
    multiprocess_mode="livemax",
)
_spool_refused = Gauge(
    "airlock_scoring_spool_refused",
    "Answers that PostgreSQL refused for good and that wait for a person.",
    registry=_OWN,
    multiprocess_mode="livemax",
)
_memory = Gauge(
    "airlock_scoring_memory_bytes",
    "Resident memory of a worker.",
    registry=_OWN,
    multiprocess_mode="liveall",
)
_cpu = Counter(
    "airlock_scoring_cpu_seconds", "Processor time of the workers, user and system.", registry=_OWN
)

_known: set[tuple[str, int, Role]] = set()
_cpu_counted = 0.0


@dataclass(frozen=True)
class State:
    """What one worker is at one moment.

    `serves` says of each version that the record names, by model, version and way, whether it may answer;
    `spool_seconds` is the age of the oldest answer that PostgreSQL does not have, 0 where there is none;
    `spool_refused` counts those it will never take.
    """

    ready: bool
    serves: dict[tuple[str, int, Role], bool]
    spool_bytes: int
    spool_seconds: float
    spool_refused: int


def answered(model: str, version: int, role: Role, purpose: Purpose, rows: int = 1) -> None:
    """Count rows that a version answered."""
    _rows_of(model, version, role, purpose).inc(rows)


def challenger_failed(model: str, version: int, rows: int) -> None:
    """Count rows that a challenger could not answer."""
    _challenger_failures.labels(model, version).inc(rows)


def shadow_dropped(model: str, version: int, rows: int) -> None:
    """Count rows that a challenger in the shadow was not asked for, or whose answer was not kept."""
    _shadow_dropped.labels(model, version).inc(rows)


def refused(kind: str) -> None:
    """Count a request that was refused."""
    _refusals.labels(kind).inc()


def request(route: str, model: str, status: int, seconds: float) -> None:
    """Count a request; the names must be from a bounded set, as each new one is kept for good."""
    counted, timed = _request_of(route, model, status)
    counted.inc()
    timed.observe(seconds)


def state(now: State) -> None:
    """Note what this worker is, and what it has used of the machine."""
    global _cpu_counted
    _ready.set(now.ready)
    _spool_bytes.set(now.spool_bytes)
    _spool_seconds.set(now.spool_seconds)
    _spool_refused.set(now.spool_refused)
    _known.update(now.serves)
    for one in _known:
        _serves.labels(*one).set(now.serves.get(one, False))
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    _cpu.inc(max(0.0, cpu - _cpu_counted))
    _cpu_counted = cpu
    _memory.set(resident_memory())


def exposition() -> bytes:
    """Return all figures in Prometheus's text format."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        return generate_latest(_OWN)
    for pid in _dead(Path(folder)):
        mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
    of_all = CollectorRegistry()
    MultiProcessCollector(of_all, folder)  # type: ignore[no-untyped-call]
    return generate_latest(of_all)


def resident_memory() -> int:
    """Return this process's resident memory in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@cache
def _request_of(route: str, model: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(route, model, status), _seconds.labels(route, model)


@cache
def _rows_of(model: str, version: int, role: Role, purpose: Purpose) -> Counter:
    return _rows.labels(model, version, role, purpose)


def _dead(folder: Path) -> Iterator[int]:
    """Yield workers that ended: what they were is no part of what the API is, what they counted stays."""
    for pid in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
        if not Path(f"/proc/{pid}").exists():
            yield pid
