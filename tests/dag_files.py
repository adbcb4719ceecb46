"""The project's Dag files, read as the Dag processor reads them."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tests.airflow_home  # noqa: F401 (before Airflow is imported)
from airlock.settings import ROOT
from airlock.spec import ModelSpec, load_model, model_names

with warnings.catch_warnings():
    # Airflow warns about itself while it is imported.
    warnings.simplefilter("ignore")
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

DAGS = ROOT / "dags"
INCLUDE = ROOT / "include"
SPECS = {name: load_model(INCLUDE, name) for name in model_names(INCLUDE / "models")}
#: The Dags that belong to no model.
OF_THE_PROJECT = {
    "audit",
    "contests",
    "drill",
    "incident",
    "intake",
    "keys",
    "quarantine",
    "reminders",
    "restore",
    "retention",
    "rollback",
}
Edges = set[tuple[str, str]]


def parse(folder: Path = DAGS) -> DagBag:
    """Read a folder of Dag files."""
    return DagBag(dag_folder=str(folder))


def serialised(bag: DagBag) -> Mapping[str, Mapping[str, Any]]:
    """Return what Airflow would store of each Dag; a difference makes a new Dag version."""
    return {name: DagSerialization.to_dict(dag) for name, dag in bag.dags.items()}


def dag_ids(*specs: ModelSpec) -> set[str]:
    """Return the ids of the Dags that models have."""
    kinds = ("train", "release", "monitor", "score", "reproduce", "contest", "inquire")
    return {
        f"{spec.name}.{kind}" for spec in specs for kind in kinds if kind != "score" or spec.deployment.batch
    }


def edges(dag: Any) -> Edges:
    """Return which task comes right after which."""
    return {(task.task_id, after) for task in dag.tasks for after in task.downstream_task_ids}


def chain(*tasks: str) -> Edges:
    """Return the edges of tasks that follow one another."""
    return set(zip(tasks, tasks[1:], strict=False))


def release_edges(people: int) -> Edges:
    """Return the edges of a release that asks so many people."""
    asked = [f"approve_{slot}" for slot in range(1, people + 1)]
    straight = chain("open", *asked, "decide", "deploy", "smoke_test", "announce")
    trial = chain("decide", "challenge", "observe", "conclude", "deploy") | {("challenge", "conclude")}
    return straight | trial | {(last, "close") for last in ("open", "decide", "conclude")}
