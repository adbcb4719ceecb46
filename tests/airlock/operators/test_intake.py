"""The intake: versions that somebody registered in MLflow by hand start a training each, once."""

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.operators.assets import retrain_asset
from airlock.operators.intake import IntakeOperator
from airlock.operators.run import BY_A_TASK, RunError, run_of
from airlock.operators.train import TrainOperator, version_asked
from airlock.package.package import open_package
from airlock.training.mlflow_client import client
from tests.airlock.external_models import USER, fitted, register
from tests.airlock.lender import TRAINED_AS_OF, Lender, Trained
from tests.airlock.operators.running import context
from tests.post_office import PostOffice


@pytest.fixture
def version(installation: Lender, trained: Trained, mlflow_url: str) -> int:
    """A version that Bob registered by hand, and nobody looked at yet."""
    from airlock.chain.training import rows_of

    train, _ = rows_of(installation.spec, trained.lineage.snapshot, installation.store)
    return register("loans", fitted(train, installation.spec))


def find(run_id: str, user: str | None = None) -> list[dict[str, Any]]:
    return IntakeOperator(task_id="find").execute(context("intake", run_id=run_id, user=user))


def training(found: list[dict[str, Any]], version: int) -> dict[str, Any]:
    return next(one for one in found if one["conf"]["version"] == version)


def started(one: dict[str, Any], edited: dict[str, Any] | None = None, **more: Any) -> Any:
    """What the training's tasks see of the run that the intake started."""
    conf = one["conf"] | (edited or {})
    return context(run_id=one["trigger_run_id"], run_type=BY_A_TASK, conf=conf, params=conf, **more)


def test_each_version_is_found_once_mailed_and_starts_a_run_of_its_own(
    version: int, post: PostOffice, engine: Engine
) -> None:
    found = find("scheduled__1")
    one = training(found, version)
    assert one["trigger_dag_id"] == "loans.train"
    assert one["trigger_run_id"] == f"intake__version_{version}"
    assert find("scheduled__1") == found  # tried again
    assert find("scheduled__2") == []
    mails = [mail for mail in post.mails if f"version {version} was registered by hand" in mail.subject]
    assert [mail.recipients for mail in mails] == ["dana@airlock.example"]
    with engine.connect() as conn:
        logged = conn.execute(
            text("SELECT actor, run, facts FROM audit_log WHERE act = 'version_found' ORDER BY seq")
        ).all()
    assert (logged[-1].actor, logged[-1].run) == ("intake", "intake/scheduled__1")
    assert logged[-1].facts["registered_by"] == USER


def test_who_triggers_the_intake_by_hand_must_be_one_who_may_train(version: int) -> None:
    with pytest.raises(RunError, match="vera is not in people.yaml, so may not train"):
        find("manual__vera", user="vera")
    assert training(find("manual__dana", user="dana"), version)


def test_the_training_is_mlflow_s_user_s_even_where_somebody_triggered_the_intake(version: int) -> None:
    running = started(training(find("manual__dana_too", user="dana"), version), user="dana")
    run = run_of(running, retrain_asset("loans"))
    assert run.started_by == f"mlflow:{USER}"
    assert run.cause == f"version {version} was registered in MLflow by hand"


def test_what_the_intake_s_run_is_told_besides_counts_for_nothing(version: int) -> None:
    edited = {"started_by": "mlflow:vera", "reason": "it is the best", "as_of": "2025-01-01T00:00:00+00:00"}
    run = run_of(started(training(find("scheduled__edited"), version), edited), retrain_asset("loans"))
    assert (run.started_by, run.mode) == (f"mlflow:{USER}", "external")
    assert run.cause == f"version {version} was registered in MLflow by hand"
    assert run.as_of == run.interval_end


def test_a_person_cannot_say_that_another_started_the_training() -> None:
    running = context(user="dana", conf={"started_by": "mlflow:bob"}, params={"reason": "x"})
    assert run_of(running, retrain_asset("loans")).started_by == "dana"


def test_the_first_task_takes_the_version_in_and_the_others_are_skipped(
    installation: Lender, trained: Trained, version: int
) -> None:
    running = started(training(find("scheduled__train"), version), interval_end=TRAINED_AS_OF)

    def execute(candidate: str) -> dict[str, Any]:
        own = {"model": "loans", "spec_digest": "d" * 64, "snapshot": trained.lineage.snapshot}
        return TrainOperator(task_id="train", candidate=candidate, **own).execute(running)

    made = execute("linear")
    assert made["candidate"] == f"mlflow_version_{version}"
    assert open_package(installation.store, made["package"]).provenance["external"]["version"] == version
    tags = client().get_run(made["mlflow_run_id"]).data.tags
    assert tags["airlock.trained_by"] == f"mlflow:{USER}"
    with pytest.raises(AirflowSkipException, match=f"only takes in version {version}"):
        execute("trees")


def test_the_mode_external_needs_a_version_and_no_other_takes_one() -> None:
    with pytest.raises(RunError, match="Mode external needs the number of a version"):
        version_asked(context(params={"mode": "external", "version": None}))
    with pytest.raises(RunError, match="only the mode external takes"):
        version_asked(context(params={"mode": "search", "version": 7}))
    assert version_asked(context(params={"mode": "search", "version": None})) is None
    assert version_asked(context(params={})) is None
