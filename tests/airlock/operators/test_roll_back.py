"""One person takes a version back, on a real scoring API: the one before answers, and everybody knows why."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.chain.drill import Driller
from airlock.governance import audit_log, deployments
from airlock.governance.records import RecordError
from airlock.governance.rollback import DRILL, swap
from airlock.governance.rollback import roll_back as rollback
from airlock.operators.drill import DrillOperator
from airlock.operators.failure import ExplainedFailure
from airlock.operators.roll_back import RollBackOperator
from airlock.operators.run import RunError
from airlock.package.package import open_package
from airlock.store import StoreError
from airlock.training.mlflow_client import client
from tests.airlock.governance.records import MOMENT
from tests.airlock.lender import Lender, Trained, deployed
from tests.airlock.operators.releasing import champion, registered_again
from tests.airlock.operators.running import context
from tests.airlock.serving.scoring_api import ScoringApi, scoring_api
from tests.airlock.wrong_api import answering_otherwise
from tests.post_office import PostOffice

EVERYBODY = "dana@airlock.example, omar@airlock.example, oncall@airlock.example, ria@airlock.example"


@pytest.fixture
def two(installation: Lender, trained: Trained, engine: Engine) -> tuple[str, str]:
    """The packages of the version before and of the champion."""
    packages = trained.package("linear"), trained.package("trees")
    for version, package in enumerate(packages, start=1):
        deployed(engine, package, version)
    return packages


@pytest.fixture
def api(
    two: tuple[str, str],
    installation: Lender,
    airlock_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ScoringApi]:
    """The scoring API of the installation."""
    with scoring_api(airlock_database, installation.store.root, tmp_path) as running:
        monkeypatch.setenv("AIRLOCK_SCORING_URL", str(running.client.base_url))
        yield running


@pytest.fixture
def shown(trained: Trained, mlflow_url: str) -> None:
    """Both versions are registered in MLflow."""
    mlflow = client()
    if not mlflow.search_registered_models("name = 'loans'"):
        mlflow.create_registered_model("loans")
    run = mlflow.get_run(trained.made[0]["mlflow_run_id"])
    while len(mlflow.search_model_versions("name = 'loans'")) < 2:
        mlflow.create_model_version("loans", source=run.info.artifact_uri, run_id=run.info.run_id)


def by(user: str | None, reason: str = "it refuses everybody", run_id: str = "manual__back") -> Any:
    params = {"model": "loans", "reason": reason}
    return context("rollback", run_id=run_id, user=user, params=params)


def roll_back(running: Any) -> Any:
    return RollBackOperator(task_id="roll_back").execute(running)


def acts(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as conn:
        return [(row.act, row.actor) for row in audit_log.entries(conn)]


@pytest.mark.usefixtures("shown")
def test_the_version_before_answers_and_everybody_is_told_once(
    api: ScoringApi, two: tuple[str, str], engine: Engine, post: PostOffice
) -> None:
    done = roll_back(by("omar"))
    assert (done["taken_back"], done["serves"]) == (2, 1)
    assert api.client.get("/v1/models/loans").json()["package_digest"] == two[0]
    assert client().get_model_version_by_alias("loans", "champion").version == "1"
    assert ("rolled_back", "omar") in acts(engine)
    assert roll_back(by("omar"))["serves"] == 1
    (mail,) = post.mails
    assert mail.recipients == EVERYBODY
    assert "version 2 was rolled back by omar" in mail.subject
    assert "it refuses everybody" in mail.text


@pytest.mark.usefixtures("shown")
def test_a_run_that_is_cleared_after_another_release_asks_and_shows_nothing_old(
    two: tuple[str, str], trained: Trained, engine: Engine, post: PostOffice
) -> None:
    with engine.begin() as conn:
        rollback(conn, "loans", by="omar", because="bad", at=MOMENT, run="rollback/manual__back")
    version = deployed(engine, two[1], registered_again(trained)).version
    assert roll_back(by("omar")) == {"taken_back": 2, "serves": version}
    assert client().get_model_version_by_alias("loans", "champion").version == str(version)
    assert post.mails == ()


@pytest.mark.parametrize("user", [None, "dana", "nobody"])
def test_who_may_not_takes_nothing_back(two: tuple[str, str], engine: Engine, user: str | None) -> None:
    with pytest.raises(RunError, match="may not roll back|only a person may roll back"):
        roll_back(by(user))
    assert acts(engine)[-1] == ("act_refused", user or "unknown")
    serving = champion(engine)
    assert serving is not None and serving.version == 2


def test_no_reason_takes_nothing_back(two: tuple[str, str], engine: Engine) -> None:
    with pytest.raises(RunError, match="reason: is empty"):
        roll_back(by("omar", reason="  "))
    serving = champion(engine)
    assert serving is not None and serving.version == 2


def test_one_version_is_not_taken_back(installation: Lender, trained: Trained, engine: Engine) -> None:
    only = deployed(engine, trained.package("linear"), 1)
    with pytest.raises(RecordError, match="nothing to go back to"):
        roll_back(by("omar"))
    assert champion(engine) == only


def test_a_version_whose_package_is_gone_does_not_come_back(
    two: tuple[str, str], engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRLOCK_STORE", str(tmp_path / "empty"))
    with pytest.raises(StoreError, match="is not in the evidence store"):
        roll_back(by("omar"))
    serving = champion(engine)
    assert serving is not None and serving.version == 2


@pytest.mark.usefixtures("shown")
def test_a_version_before_that_answers_wrongly_is_mailed_as_such(
    two: tuple[str, str],
    installation: Lender,
    engine: Engine,
    post: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = open_package(installation.store, two[0])
    with answering_otherwise(before, lambda answers: answers[0].update(score=2.0), version=1) as wrong:
        monkeypatch.setenv("AIRLOCK_SCORING_URL", wrong)
        with pytest.raises(ExplainedFailure, match="Version 1 was brought back: Example 1 of package"):
            roll_back(by("omar"))
    (mail,) = post.mails
    assert "does not answer as it must" in mail.text
    serving = champion(engine)
    assert serving is not None and serving.version == 1


def drill(user: str | None = None) -> Any:
    return DrillOperator(task_id="drill").execute(context("drill", run_id="monthly", user=user))


@pytest.fixture
def drilling(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that wants drills."""
    monkeypatch.setenv("AIRLOCK_DRILL", "1")


@pytest.mark.usefixtures("drilling")
def test_a_drill_goes_back_and_returns_and_is_timed(
    api: ScoringApi, two: tuple[str, str], engine: Engine, post: PostOffice
) -> None:
    (held,) = drill()
    assert (held["model"], held["version"], held["before"], held["problem"]) == ("loans", 2, 1, "")
    assert 0 < held["there"] < 30 and 0 < held["back"] < 30
    serving = champion(engine)
    assert serving is not None and serving.version == 2
    with engine.connect() as conn:
        deployments.prove(conn, serving)
        *_, last = audit_log.entries(conn)
    assert (last.act, last.actor, last.run) == ("drill_held", "drill", "drill/monthly")
    assert last.facts["there"] == held["there"]
    (mail,) = post.mails
    assert "it works" in mail.subject
    assert "loans: from version 2 to version 1 in" in mail.text


def test_no_drill_is_held_where_nobody_asked_for_it(two: tuple[str, str], engine: Engine) -> None:
    before = acts(engine)
    with pytest.raises(Exception, match="AIRLOCK_DRILL is not 1 here"):
        drill()
    assert acts(engine) == before


@pytest.mark.usefixtures("drilling")
def test_who_may_not_roll_back_holds_no_drill(two: tuple[str, str], engine: Engine) -> None:
    with pytest.raises(RunError, match="dana may not roll back"):
        drill("dana")


@pytest.mark.usefixtures("drilling")
def test_a_model_with_one_version_is_skipped_and_said(
    installation: Lender, trained: Trained, engine: Engine, post: PostOffice
) -> None:
    only = deployed(engine, trained.package("linear"), 1)
    (held,) = drill()
    assert held["skipped"] == "There is no earlier version that can come back."
    assert champion(engine) == only
    assert "loans: skipped." in post.mails[0].text


@pytest.mark.usefixtures("drilling")
def test_whatever_fails_in_a_drill_the_champion_is_back(
    two: tuple[str, str],
    installation: Lender,
    engine: Engine,
    post: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRLOCK_SCORING_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("airlock.chain.drill.PATIENCE_SECONDS", 0)
    with pytest.raises(ExplainedFailure, match=r"loans: failed\. .*Version 2 serves again"):
        drill()
    serving = champion(engine)
    assert serving is not None and serving.version == 2
    assert "1 model failed" in post.mails[0].subject


def test_a_drill_does_not_bring_back_what_somebody_rolls_back_meanwhile(
    api: ScoringApi, two: tuple[str, str], installation: Lender, engine: Engine
) -> None:
    def now() -> datetime:
        """Roll back as soon as the drill has gone there."""
        serving = champion(engine)
        if serving is not None and serving.version == 1:
            with engine.begin() as conn:
                rollback(conn, "loans", by="omar", because="bad", at=MOMENT, run="rollback/meanwhile")
        return MOMENT

    driller = Driller(engine, installation.store, str(api.client.base_url), "drill/monthly", "drill", now)
    assert "changed production meanwhile, and version 1 serves now" in driller.hold("loans").problem
    assert driller.hold("loans").skipped == "There is no earlier version that can come back."
    serving = champion(engine)
    assert serving is not None and (serving.version, serving.reinstates) == (1, 1)


def test_a_drill_that_was_killed_is_mended_by_the_next(
    api: ScoringApi, two: tuple[str, str], installation: Lender, engine: Engine
) -> None:
    serving = champion(engine)
    assert serving is not None
    with engine.begin() as conn:
        before = deployments.earlier(conn, serving)
        assert before is not None
        swap(conn, serving, before, by="drill", because=DRILL, at=MOMENT, run="drill/killed")
    url = str(api.client.base_url)
    driller = Driller(engine, installation.store, url, "drill/again", "drill", lambda: MOMENT)
    assert (driller.hold("loans").version, driller.hold("loans").before) == (2, 1)
    again = champion(engine)
    assert again is not None and again.version == 2
