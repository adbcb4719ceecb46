"""Parsing: what the Dag files of many models cost the Dag processor, and a task before it starts."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from bench.growth.installation import Installation, Used
from bench.measure import MeasuringFailed
from stack.settings import ROOT

#: What `python -c` runs: a Dag file as a process of the Dag processor's does, which has read none before.
READ_ONCE = """
import runpy, sys, time
import airflow.dag_processing.processor
began = time.process_time()
runpy.run_path(sys.argv[1])
print(time.process_time() - began)
"""
RUNNING = "_AIRFLOW_PARSING_CONTEXT_DAG_ID"


def file_seconds(made: Installation, file: Path, runs: int = 3, task_of: str | None = None) -> float:
    """Return the processor time in seconds that reading a Dag file takes; of a task, what comes before it."""
    environment = made.process("airflow-dag-processor").environment
    context = {RUNNING: task_of} if task_of else {}
    command = [sys.executable, "-c", READ_ONCE, str(file)]
    found = []
    for _ in range(runs):
        done = subprocess.run(command, cwd=ROOT, env=environment | context, capture_output=True, text=True)
        if done.returncode:
            raise MeasuringFailed(f"{file.name} cannot be read:\n{done.stderr[-2000:]}")
        found.append(float(json.loads(done.stdout.splitlines()[-1])))
    return median(found)


def folder(made: Installation) -> Used:
    """Read the whole folder once, as the Dag processor does, and store every Dag in Airflow's database."""
    return made.run("airflow-dag-processor", "--num-runs", "1")
