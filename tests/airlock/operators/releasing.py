"""The tasks of a release, and what they leave on record."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.engine import Engine

from airlock.governance import deployments, releases
from airlock.governance.deployments import Deployment
from airlock.governance.releases import Release
from airlock.operators.decide import DecideOperator
from airlock.operators.deploy import DeployOperator
from airlock.training.mlflow_client import client
from tests.airlock.lender import Trained
from tests.airlock.operators.running import context

OWN = {"model": "loans", "spec_digest": "d" * 64}
RUN = context("loans.release", run_id="asset__1")
Answer = Callable[..., None]


def decided(release: str, ended: Mapping[str, str] | None = None) -> str:
    """Decide when the tasks of the run have ended so."""
    run = context("loans.release", run_id=RUN["dag_run"].run_id, states=ended)
    return DecideOperator(task_id="decide", release=release, **OWN).choose_branch(run)


def deploy(release: str) -> dict[str, Any]:
    return DeployOperator(task_id="deploy", release=release, **OWN).execute(RUN)


def recorded(engine: Engine, release: str) -> Release:
    with engine.connect() as conn:
        found = releases.find(conn, int(release))
    assert found is not None
    return found


def champion(engine: Engine) -> Deployment | None:
    with engine.connect() as conn:
        return deployments.champion(conn, "loans")


def registered_again(trained: Trained) -> int:
    """Register a training in MLflow once more, and return the version."""
    mlflow, run_id = client(), trained.made[0]["mlflow_run_id"]
    source = str(mlflow.get_run(run_id).info.artifact_uri)
    return int(mlflow.create_model_version("loans", source=source, run_id=run_id).version)
