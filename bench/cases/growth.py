"""Fifty models: what reading their Dag files takes beside two, and whether every page comes in time."""

import os
import runpy
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.case import Case, Measured, Side
from bench.cases.parsing import parse
from bench.growth import pages
from bench.growth.history import Past, fill
from bench.growth.installation import installation
from bench.growth.models import write_include
from bench.world import World

MANY, FEW = 50, 2
LIMIT_MS = 300.0
BARE = 'from airflow.sdk import DAG\nwith DAG(dag_id="bare", schedule=None):\n    pass\n'


def reading(models: int) -> Side:
    """Return one side: the largest Dag file, where there are so many models."""

    def measured(world: World) -> Measured:
        include = world.folder / f"include_of_{models}"
        if not include.exists():
            write_include(include, models)
        os.environ["AIRLOCK_INCLUDE"] = str(include)
        return parse("train.py", world)

    return measured


def bare(world: World) -> Measured:
    """A Dag file with one empty Dag: the least that Airflow reads."""
    file = world.folder / "bare.py"
    file.write_text(BARE)
    os.environ["AIRFLOW_HOME"] = str(world.folder / "airflow")
    import airflow.dag_processing.processor  # noqa: F401, TID251

    began = time.process_time()
    runpy.run_path(str(file))
    return Measured(time.process_time() - began)


def slowest_page(world: World) -> Measured:
    """The page that takes longest, on Airflow's own API server, after each model has gone through much."""
    with TemporaryDirectory(dir=world.folder) as place, installation(Path(place), MANY) as made:
        fill(made.records, made.models, Past(versions=3, nights=60, predictions=50_000))
        return Measured(max(page.p95_ms for page in pages.measure(made).values()))


CASES = (
    Case(
        name=f"CPU to parse dags/train.py with {MANY} models",
        unit="s",
        ours=reading(MANY),
        peers={f"with {FEW} models": reading(FEW), "one empty Dag": bare},
    ),
    Case(
        name=f"the slowest page with {MANY} models, 95 of 100 answers",
        unit="ms",
        ours=slowest_page,
        limits={"limit": LIMIT_MS},
        runs=1,
    ),
)
