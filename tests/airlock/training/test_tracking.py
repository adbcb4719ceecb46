"""Tracking and registry, on a real MLflow server: everything once, whatever is repeated or killed."""

from pathlib import Path

import pytest

from airlock.package.fitted import Fitted
from airlock.package.package import Package
from airlock.settings import SettingsError
from airlock.training.mlflow_client import client
from airlock.training.registry import RegistryError, register, show_champion
from airlock.training.tracking import track
from tests.airlock.loans import loan_spec, loans
from tests.airlock.packaging import fit_and_build

TAGS = {"airlock.model": "loans", "airlock.cause": "a test", "airlock.snapshot": "5" * 64}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, Package]:
    return fit_and_build(loan_spec(), "linear", loans(), tmp_path_factory.mktemp("made"))


def tracked(made: tuple[Fitted, Package], key: str, experiment: str) -> str:
    fitted, package = made
    return track(fitted, package, experiment=experiment, key=key, tags=TAGS)


def test_a_run_holds_parameters_figures_lineage_and_the_package(mlflow_url: str, made) -> None:
    fitted, package = made
    run = client().get_run(tracked(made, "run/linear", "full"))
    assert run.info.status == "FINISHED"
    assert run.data.params["max_iter"] == "500"
    assert run.data.params["random_state"] == "7"
    assert run.data.metrics["cv_roc_auc_mean"] == pytest.approx(fitted.cross_validation["roc_auc"]["mean"])
    assert TAGS.items() <= run.data.tags.items()
    assert run.data.tags["airlock.package"] == package.digest
    stored = {Path(file.path).name for file in client().list_artifacts(run.info.run_id, "model")}
    assert stored == {path.name for path in package.folder.iterdir()}


def test_tracking_again_gives_the_same_run(mlflow_url: str, made) -> None:
    first = tracked(made, "run/linear", "twice")
    assert tracked(made, "run/linear", "twice") == first
    assert len(client().search_runs([client().get_experiment_by_name("twice").experiment_id])) == 1


def test_a_run_left_by_a_killed_task_is_finished_and_not_doubled(mlflow_url: str, made) -> None:
    fitted, _ = made
    experiment = client().create_experiment("killed")
    left = client().create_run(experiment, tags={"airlock.key": "run/linear"})
    client().log_metric(left.info.run_id, "cv_roc_auc_mean", 0.1, left.info.start_time, 0)
    assert tracked(made, "run/linear", "killed") == left.info.run_id
    run = client().get_run(left.info.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["cv_roc_auc_mean"] == pytest.approx(fitted.cross_validation["roc_auc"]["mean"])
    assert len(client().search_runs([experiment])) == 1


def test_a_half_finished_run_repeated_in_full_keeps_one_point_a_metric(mlflow_url: str, made) -> None:
    run_id = tracked(made, "run/linear", "points")
    client().update_run(run_id, status="RUNNING")
    assert tracked(made, "run/linear", "points") == run_id
    assert len(client().get_metric_history(run_id, "cv_roc_auc_mean")) == 1


def test_registering_again_gives_the_same_version(mlflow_url: str, made) -> None:
    _, package = made
    run_id = tracked(made, "run/linear", "registered")
    assert register("once", run_id, package.digest, {"airlock.evidence": "e"}) == 1
    assert register("once", run_id, package.digest, {"airlock.evidence": "e"}) == 1
    second = tracked(made, "other_run/linear", "registered")
    assert register("once", second, package.digest, {}) == 2
    version = client().get_model_version("once", "1")
    assert version.run_id == run_id
    assert version.tags["airlock.package"] == package.digest
    assert version.tags["airlock.cause"] == "a test"
    assert version.tags["airlock.evidence"] == "e"


def test_another_package_than_the_tracked_one_is_not_registered(mlflow_url: str, made) -> None:
    run_id = tracked(made, "run/linear", "other_package")
    with pytest.raises(RegistryError, match="nothing was registered"):
        register("never", run_id, "0" * 64, {})


def test_registering_moves_no_alias_and_showing_a_champion_does(mlflow_url: str, made) -> None:
    _, package = made
    version = register("shown", tracked(made, "run/linear", "alias"), package.digest, {})
    assert client().get_registered_model("shown").aliases == {}
    show_champion("shown", version)
    assert client().get_model_version_by_alias("shown", "champion").version == str(version)


def test_a_registered_version_loads_in_plain_mlflow_and_answers_alike(
    mlflow_url: str, made, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow.sklearn

    from airlock.package.frame import frame

    fitted, package = made
    register("loaded", tracked(made, "run/linear", "loading"), package.digest, {})
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
    mlflow.set_tracking_uri(mlflow_url)
    pipeline = mlflow.sklearn.load_model("models:/loaded/1")
    rows = frame(loans(50, seed=3), fitted.signature.kinds)
    assert (pipeline.predict_proba(rows) == fitted.pipeline.predict_proba(rows)).all()


def test_without_a_server_nothing_is_written_anywhere(monkeypatch: pytest.MonkeyPatch, made) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(SettingsError, match="MLFLOW_TRACKING_URI"):
        tracked(made, "run/linear", "nowhere")
