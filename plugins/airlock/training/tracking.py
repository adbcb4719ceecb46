"""Tracking: every training in MLflow, once, with what it was made from and what came of it."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from airlock.package.fitted import Fitted
from airlock.package.package import Package
from airlock.training.mlflow_client import client

if TYPE_CHECKING:
    from mlflow import MlflowClient

KEY = "airlock.key"
PACKAGE_TAG = "airlock.package"
ARTIFACT = "model"
LONGEST_PARAMETER = 500


def track(fitted: Fitted, package: Package, *, experiment: str, key: str, tags: Mapping[str, str]) -> str:
    """Record a training in MLflow and return its run's id; doing it again changes and doubles nothing.

    A run that a killed task left unfinished is taken up: the same values are written over its own.

    Parameters
    ----------
    fitted, package
        What was trained; the package's folder becomes the run's artifact `model`.
    experiment
        The experiment's name.
    key
        Names this training for ever: `<dag_run_id>/<candidate>`.
    tags
        The lineage: data, spec, code version, who and why.
    """
    from mlflow.entities import Metric, Param, RunTag

    mlflow = client()
    experiment_id = _experiment(mlflow, experiment)
    run = _run_with(mlflow, experiment_id, key)
    if run is not None and run.info.status == "FINISHED":
        return run.info.run_id
    run = run or mlflow.create_run(experiment_id, tags={KEY: key}, run_name=key)
    run_id, start = run.info.run_id, run.info.start_time
    every_tag = {**tags, KEY: key, PACKAGE_TAG: package.digest, "airlock.candidate": fitted.name}
    metrics = {
        f"cv_{metric}_{part}": value
        for metric, parts in fitted.cross_validation.items()
        for part, value in parts.items()
    }
    parameters = {"estimator": fitted.estimator, **fitted.parameters}
    mlflow.log_batch(
        run_id,
        metrics=[Metric(name, float(value), start, 0) for name, value in metrics.items()],
        params=[Param(name, str(value)[:LONGEST_PARAMETER]) for name, value in parameters.items()],
        tags=[RunTag(name, str(value)) for name, value in every_tag.items()],
    )
    mlflow.log_artifacts(run_id, str(package.folder), ARTIFACT)
    mlflow.set_terminated(run_id)
    return run_id


def note_holdout(run_id: str, metrics: Mapping[str, float]) -> None:
    """Add a training's figures on the hold-out to its run; doing it again changes nothing."""
    from mlflow.entities import Metric

    mlflow = client()
    start = mlflow.get_run(run_id).info.start_time
    known = {f"holdout_{metric}": value for metric, value in metrics.items() if math.isfinite(value)}
    mlflow.log_batch(run_id, metrics=[Metric(name, float(value), start, 0) for name, value in known.items()])


def _experiment(mlflow: "MlflowClient", name: str) -> str:
    """Return the id of an experiment, made where it is missing; tasks beside this one may make it first."""
    from mlflow.exceptions import MlflowException

    if (found := mlflow.get_experiment_by_name(name)) is not None:
        return found.experiment_id
    try:
        return mlflow.create_experiment(name)
    except MlflowException:
        if (found := mlflow.get_experiment_by_name(name)) is None:
            raise
        return found.experiment_id


def _run_with(mlflow: "MlflowClient", experiment_id: str, key: str):  # type: ignore[no-untyped-def]
    found = mlflow.search_runs([experiment_id], filter_string=f"tags.`{KEY}` = '{key}'", max_results=1)
    return found[0] if found else None
