"""The night: many champions that are watched at once, by a whole Airflow and its tasks."""

import io
import json
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq
import yaml

from airlock.governance.engine import connect as connect_database
from airlock.governance.predictions import PredictionRow, line, log_file
from airlock.package.package import PREDICTION, SCORE
from bench import filling, lender
from bench.growth.installation import PATIENCE, Installation, installation
from bench.growth.models import ORIGINALS
from bench.growth.spent import cpu_seconds
from bench.making import make
from bench.measure import MeasuringFailed
from bench.world import Size, World
from stack.client import AirflowClient, connect
from stack.settings import ROOT
from stack.waiting import wait_until

ROWS, TRAINING_ROWS = 1_000, 8_000
#: No night of that many models is waited for longer.
LONGEST = 3600.0


@dataclass(frozen=True)
class Took:
    """What watching all models once takes.

    Attributes
    ----------
    seconds
        On the clock, from the moment the first run was made until the last ended.
    cpu_seconds
        Processor time of everything, Airflow and PostgreSQL included, meanwhile.
    task_seconds
        What a task takes on the clock, the median of each kind.
    """

    models: int
    rows: int
    seconds: float
    cpu_seconds: float
    tasks: int
    task_seconds: dict[str, float]


def measure(folder: Path, models: int) -> Took:
    """Let every monitor of an installation be due at the same moment, and wait for the last."""
    world = World(folder / "world")
    world.folder.mkdir()
    world.write_size(Size(rows=ROWS, training_rows=TRAINING_ROWS))
    make(world)
    with installation(folder / "made", models, write=write_include) as made:
        shutil.copytree(world.store, made.settings.store)
        for model in made.models:
            filling.deploy(made.records, world.package, model)
        _answer(made, world)
        with made.running("mail", "airflow-api", "airflow-dag-processor"):
            dana = wait_until(lambda: _connected(made), what="Airflow's API server", timeout=PATIENCE)
            _wait_for_dags(dana, models)
            before = cpu_seconds(made)
            with made.running("airflow-scheduler"):
                runs = wait_until(lambda: _ended(dana, made), what="the night", timeout=LONGEST)
                return _took(dana, runs, cpu_seconds(made) - before)


def write_include(folder: Path, models: int) -> tuple[str, ...]:
    """Write an include folder with so many models of the lender's, and return their names."""
    own = ROOT / "include"
    shutil.copytree(own, folder, ignore=lambda place, _: ORIGINALS if Path(place).name == "models" else ())
    names = tuple(f"loans_{number:04}" for number in range(models))
    spec = lender.spec().model_dump(mode="json", exclude_unset=True, exclude={"name", "deployment"})
    for name in names:
        (model := folder / "models" / name).mkdir()
        (model / "model.yaml").write_text(yaml.safe_dump(spec))
        (model / "expectations.json").write_text(json.dumps(lender.suite()))
    return names


def _answer(made: Installation, world: World) -> None:
    """Put the night's answers into the prediction log, as each model's own."""
    table = pq.read_table(world.answered)
    scores, predictions = table[SCORE].to_pylist(), table[PREDICTION].to_pylist()
    rows = table.drop_columns([SCORE, PREDICTION]).to_pylist()
    engine = connect_database(made.records)
    for model in made.models:
        lines = "".join(
            line(_row(model, place, *answered))
            for place, answered in enumerate(zip(rows, scores, predictions, strict=True))
        )
        with engine.begin() as conn:
            log_file(conn, io.BytesIO(lines.encode()))
    engine.dispose()


def _row(model: str, place: int, features: dict[str, Any], score: float, prediction: str) -> PredictionRow:
    moment = datetime.combine(_night(), time(12), UTC) + timedelta(seconds=place)
    return PredictionRow(
        id=uuid.uuid4(),
        model=model,
        version=1,
        source="api",
        purpose="decision",
        entity_key=f"E-{place}",
        features=features,
        score=score,
        prediction=str(prediction),
        run_key=None,
        event_time=moment,
        scored_at=moment,
        client="shop",
    )


def _night() -> date:
    """Return the night that a schedule of 03:00 looks at when it is due next."""
    return (datetime.now(UTC) - timedelta(hours=3)).date() - timedelta(days=1)


def _connected(made: Installation) -> AirflowClient | None:
    try:
        return connect(made.settings, "dana")
    except Exception:  # whatever a server says that does not answer yet
        return None


def _wait_for_dags(dana: AirflowClient, models: int) -> None:
    def known() -> bool:
        found: int = dana.call("GET", "/dags", dag_id_pattern="%.monitor", limit=1)["total_entries"]
        return found == models

    wait_until(known, what=f"{models} Dags that watch", timeout=PATIENCE * 5)


def _ended(dana: AirflowClient, made: Installation) -> list[dict[str, Any]] | None:
    wanted = {"dag_ids": [f"{model}.monitor" for model in made.models], "page_limit": 500}
    runs: list[dict[str, Any]] = dana.call("POST", "/dags/~/dagRuns/list", wanted)["dag_runs"]
    over = [run for run in runs if run["state"] in ("success", "failed")]
    return over if len(over) == len(made.models) else None


def _took(dana: AirflowClient, runs: list[dict[str, Any]], spent: float) -> Took:
    failed = [run["dag_id"] for run in runs if run["state"] != "success"]
    if failed:
        raise MeasuringFailed(f"Not watched: {', '.join(failed)}.")
    wanted = {"dag_ids": [run["dag_id"] for run in runs], "page_limit": 1000}
    tasks = dana.call("POST", "/dags/~/dagRuns/~/taskInstances/list", wanted)["task_instances"]
    worked = [task for task in tasks if task["state"] == "success" and task["duration"]]
    kinds = {
        kind: [task["duration"] for task in worked if task["task_id"] == kind]
        for kind in sorted({task["task_id"] for task in worked})
    }
    began = min(datetime.fromisoformat(run["queued_at"]) for run in runs)
    ended = max(datetime.fromisoformat(run["end_date"]) for run in runs)
    return Took(
        len(runs),
        ROWS,
        round((ended - began).total_seconds(), 1),
        round(spent, 1),
        len(worked),
        {kind: round(median(took), 2) for kind, took in kinds.items()},
    )
