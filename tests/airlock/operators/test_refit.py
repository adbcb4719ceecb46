"""Refitting: of the mapped tasks the champion's candidate is fitted as it was, and the others are skipped."""

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from sqlalchemy.engine import Engine

from airlock.operators.assets import retrain_asset
from airlock.operators.train import TrainOperator
from airlock.package.package import open_package
from airlock.training.errors import RefitError
from airlock.training.mlflow_client import client
from tests.airlock.lender import TRAINED_AS_OF, Lender, Trained, deployed
from tests.airlock.operators.running import context

PARAMS = {"reason": "monthly refresh", "as_of": TRAINED_AS_OF.isoformat(), "mode": "refit"}


def fit(trained: Trained, candidate: str, **run: Any) -> dict[str, Any]:
    task = TrainOperator(
        task_id="train",
        snapshot=trained.lineage.snapshot,
        candidate=candidate,
        model="loans",
        spec_digest="d" * 64,
    )
    return task.execute(context(**run or {"run_id": "manual__refit_steps", "user": "dana", "params": PARAMS}))


@pytest.mark.usefixtures("mlflow_url")
def test_the_champion_s_candidate_is_fitted_with_the_champion_s_parameters_and_the_others_are_skipped(
    installation: Lender, trained: Trained, engine: Engine
) -> None:
    champion = trained.package("trees")
    deployed(engine, champion)
    with pytest.raises(AirflowSkipException, match="only fits the champion again, which is trees"):
        fit(trained, "linear")
    made = open_package(installation.store, fit(trained, "trees")["package"]).provenance
    assert made["refitted"]
    assert made["parameters"] == open_package(installation.store, champion).provenance["parameters"]


@pytest.mark.usefixtures("mlflow_url")
def test_a_night_that_asks_to_refit_is_obeyed_and_its_cause_is_on_the_run(
    installation: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("trees"))
    asked = {
        "cause": "debt has shifted.",
        "as_of": PARAMS["as_of"],
        "mode": "refit",
        "started_by": "loans.monitor",
    }
    by_night = {"run_id": "asset__refit", "events": {retrain_asset("loans"): [asked]}}
    with pytest.raises(AirflowSkipException, match="only fits the champion again"):
        fit(trained, "linear", **by_night)
    made = fit(trained, "trees", **by_night)
    assert open_package(installation.store, made["package"]).provenance["refitted"]
    tags = client().get_run(made["mlflow_run_id"]).data.tags
    assert (tags["airlock.cause"], tags["airlock.trained_by"]) == ("debt has shifted.", "loans.monitor")


@pytest.mark.usefixtures("installation")
def test_without_a_champion_every_candidate_says_that_there_is_nothing_to_refit(trained: Trained) -> None:
    for candidate in ("linear", "trees"):
        with pytest.raises(RefitError, match="no version is in production"):
            fit(trained, candidate)
