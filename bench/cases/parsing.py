"""Parsing: the CPU that each Dag file costs the Dag processor, which does so every few seconds."""

import os
import runpy
import time
from functools import partial

from bench.case import Case, Measured
from bench.world import World
from stack.settings import ROOT

LIMIT = 0.5


def parse(name: str, world: World) -> Measured:
    """Run a Dag file once in a process that has what the Dag processor has, before it reads any."""
    os.environ["AIRFLOW_HOME"] = str(world.folder / "airflow")
    import airflow.dag_processing.processor  # noqa: F401, TID251

    began = time.process_time()
    runpy.run_path(str(ROOT / "dags" / name))
    return Measured(time.process_time() - began)


CASES = tuple(
    Case(
        name=f"CPU to parse dags/{file.name}",
        unit="s",
        ours=partial(parse, file.name),
        runs=1,
        limits={"limit": LIMIT},
    )
    for file in sorted((ROOT / "dags").glob("*.py"))
)
