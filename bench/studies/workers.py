"""Workers: how long a night's parts and a training's candidates take with one Celery worker, and with two.

OMP_NUM_THREADS=1 python -m bench.studies.workers FILE [ROWS]

A stack of its own runs the real chain. Each worker runs one task at a time, so that two are twice one, as two
machines would be; the second is told to take nothing while one is measured. Here they share the machine's
cores, and without OMP_NUM_THREADS=1 a single fit takes all of them. FILE gets the figures as JSON.
"""

import json
import os
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from celery import Celery

from bench import lender
from demo.people import People
from demo.progress import Progress
from stack import broker, lifecycle
from stack.airflow_records import Run
from stack.environment import CELERY_SETTINGS
from stack.postgres import cluster_of
from stack.secrets import read_secrets
from stack.settings import HOST, ROOT, Settings, read_settings

MODEL, PARTS, ROWS, HISTORY = "loans", 4, 1_000_000, 20_000
CANDIDATES = 4
SEARCH = {"iterations": 6, "space": {"learning_rate": [0.03, 0.06, 0.1], "max_leaf_nodes": [7, 15, 31]}}
QUEUE = "default"
PATIENCE = 1200.0
NIGHT_ENDS = lender.DAY + timedelta(days=1)


@dataclass(frozen=True)
class Took:
    """How long a run's mapped tasks took, from the first that began to the last that ended, and the run."""

    workers: int
    what: str
    tasks: int
    tasks_s: float
    run_s: float
    by_worker: dict[str, int]


def measure(rows: int) -> list[Took]:
    """Train and score on two workers, then on one."""
    with TemporaryDirectory(prefix="airlock-workers-") as name:
        folder = Path(name)
        settings = _settings(folder)
        _write_model(folder, rows)
        lifecycle.up(settings)
        try:
            people = People(settings, Progress())
            return [took for workers in (2, 1) for took in _with(settings, people, workers)]
        finally:
            lifecycle.clean(settings)


def _with(settings: Settings, people: People, workers: int) -> tuple[Took, Took]:
    _let_work(settings, workers)
    training = people.train(MODEL, "to be measured", as_of=lender.DAY.isoformat())
    release = people.release_of(training)
    people.dana.wait_for_run(release, timeout=PATIENCE)
    night = people.dana.trigger(f"{MODEL}.score", logical_date=NIGHT_ENDS)
    return _took(people, training, "train", workers), _took(people, night, "score", workers)


def _took(people: People, run: Run, task_id: str, workers: int) -> Took:
    ended = people.dana.wait_for_run(run, timeout=PATIENCE)
    path = f"/dags/{run.dag_id}/dagRuns/{run.run_id}"
    found = people.dana.call("GET", f"{path}/taskInstances", limit=100)["task_instances"]
    mapped = [task for task in found if task["task_id"] == task_id]
    assert ended.state == "success" and all(task["state"] == "success" for task in mapped), found
    whole = people.dana.call("GET", path)
    hosts = [str(task["hostname"]) for task in mapped]
    return Took(
        workers,
        task_id,
        len(mapped),
        _seconds(mapped),
        _seconds([whole]),
        {host: hosts.count(host) for host in sorted(set(hosts))},
    )


def _seconds(spans: list[dict[str, Any]]) -> float:
    begins = min(datetime.fromisoformat(span["start_date"]) for span in spans)
    ends = max(datetime.fromisoformat(span["end_date"]) for span in spans)
    return round((ends - begins).total_seconds(), 1)


def _let_work(settings: Settings, workers: int) -> None:
    """Let so many workers take tasks, one at a time each."""
    address = broker.url(read_secrets(settings.home), cluster_of(settings.home))
    with Celery(broker=address) as app:
        nodes = [f"celery@{name}" for name in settings.worker_names]
        if workers == len(nodes):
            spare = int(CELERY_SETTINGS["CELERY__WORKER_CONCURRENCY"]) - 1
            app.control.pool_shrink(spare, destination=nodes, reply=True)
        app.control.cancel_consumer(QUEUE, destination=nodes[workers:], reply=True)


def _settings(folder: Path) -> Settings:
    with ExitStack() as probes:
        sockets = [probes.enter_context(socket.socket()) for _ in range(4)]
        for probe in sockets:
            probe.bind((HOST, 0))
        ports = [str(probe.getsockname()[1]) for probe in sockets]
    names = ("AIRFLOW", "MLFLOW", "SCORING", "SMTP")
    given = {f"AIRLOCK_{name}_PORT": port for name, port in zip(names, ports, strict=True)}
    given |= {"AIRLOCK_HOME": str(folder / "home"), "AIRLOCK_INCLUDE": str(folder / "include")}
    return read_settings(given | {"AIRLOCK_WORKERS": "2"}, folder / ".env")


def _write_model(folder: Path, rows: int) -> None:
    """Put the lender's model, which its tier lets deploy itself, beside its history and one large night."""
    copytree(ROOT / "include", folder / "include")
    model = folder / "include" / "models" / MODEL
    model.mkdir()
    history = lender.rows(HISTORY, 1)
    before = pa.array(
        [at - timedelta(days=30) for at in history["asked_at"].to_pylist()], pa.timestamp("us", "UTC")
    )
    history = history.set_column(1, "asked_at", before)
    pq.write_table(
        pa.concat_tables([history, lender.rows(rows, 2)]), model / "loans.parquet", row_group_size=65_536
    )
    spec = lender.spec().model_dump(mode="json", exclude_unset=True)
    spec["data"]["source"] = {"file": {"path": "loans.parquet", "format": "parquet"}}
    trees = {**spec["training"]["candidates"]["trees"], "search": SEARCH}
    spec["training"]["candidates"] = {f"trees_{number}": trees for number in range(1, CANDIDATES + 1)}
    spec["approval"] = {"people": 0}
    spec["deployment"] = {"batch": {"schedule": "0 1 * * *", "parts": PARTS, "to": "parquet"}}
    (model / "model.yaml").write_text(yaml.safe_dump({key: spec[key] for key in spec if key != "name"}))
    (model / "expectations.json").write_text(json.dumps(lender.suite()))


def main(file: Path, rows: int) -> int:
    """Measure, print a line for each run, and write the JSON."""
    took = measure(rows)
    for one in took:
        took_s = f"{one.tasks_s} s, the whole run {one.run_s} s"
        print(f"{one.workers} workers, {one.tasks} x {one.what}: {took_s}; {one.by_worker}")
    machine = {"cores": os.cpu_count(), "omp_num_threads": os.environ.get("OMP_NUM_THREADS")}
    content = {"rows": rows, "history": HISTORY, **machine, "runs": [vars(one) for one in took]}
    file.write_text(json.dumps(content, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else ROWS))
