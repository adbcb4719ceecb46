"""The Dag `retention`: what it deletes of each model, and what it only says of a dry run."""

import os
import shutil
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy.engine import Engine

from airlock.governance.incidents import open_incident
from airlock.governance.predictions import PredictionRow
from airlock.governance.tables import audit_log, predictions
from airlock.operators.delete_past import DeletePastOperator
from airlock.operators.run import RunError
from airlock.settings import settings
from tests.airlock.governance.records import log, register
from tests.airlock.lender import Lender
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

NOTHING = dict.fromkeys(
    ("answers", "batches", "batch_answers", "outcomes", "feedback", "contests", "quarantine", "snapshots"), 0
)
AN_ANSWER = NOTHING | {"answers": 1, "held": None}


@pytest.fixture
def _a_year(installation: Lender, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation whose model's answers are kept for a year, and one answer that is older."""
    include = tmp_path / "include"
    shutil.copytree(installation.include, include)
    file = include / "models" / "loans" / "model.yaml"
    spec = yaml.safe_load(file.read_text(encoding="utf-8"))
    spec["data"]["retention"] = "365d"
    file.write_text(yaml.safe_dump(spec), encoding="utf-8")
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(include))
    with engine.begin() as conn:
        log(conn, [an_old_answer("loans")])


def an_old_answer(model: str) -> PredictionRow:
    at = datetime.now(UTC) - timedelta(days=400)
    said = (uuid.uuid4(), model, 1, "api", "decision", "L1", {"income": 1.0}, 0.7, "true", None)
    return PredictionRow(*said, event_time=at, scored_at=at)


def run(dry_run: bool, run_type: str = "scheduled", user: str | None = None) -> dict[str, Any]:
    params = {"dry_run": dry_run}
    running = context("retention", run_id=f"{run_type}__1", run_type=run_type, user=user, params=params)
    return DeletePastOperator(task_id="delete").execute(running)


def left(engine: Engine) -> int:
    with engine.connect() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(predictions)).scalar_one()


@pytest.mark.usefixtures("_a_year")
def test_a_dry_run_says_what_would_go_and_the_next_run_deletes_it(engine: Engine) -> None:
    assert run(dry_run=True) == {"dry_run": True, "models": {"loans": AN_ANSWER}}
    assert left(engine) == 1
    assert run(dry_run=False) == {"dry_run": False, "models": {"loans": AN_ANSWER}}
    assert left(engine) == 0
    with engine.connect() as conn:
        (told,) = conn.execute(sa.select(audit_log).where(audit_log.c.act == "answers_deleted")).all()
    assert (told.model, told.actor, told.run) == ("loans", "retention", "retention/scheduled__1")


def test_a_model_without_a_time_is_left_alone_and_the_run_says_so(installation: Lender) -> None:
    (loans,) = run(dry_run=False)["models"].values()
    assert "kept for ever" in loans["held"]


def test_what_a_killed_task_left_in_the_store_is_cleared_away(installation: Lender) -> None:
    left_long_ago, begun = (installation.store.root / "staging" / name for name in ("left", "begun"))
    for folder in (left_long_ago, begun):
        folder.mkdir(parents=True)
    long_ago = (datetime.now(UTC) - timedelta(days=8)).timestamp()
    os.utime(left_long_ago, (long_ago, long_ago))
    run(dry_run=True)
    assert left_long_ago.exists()
    run(dry_run=False)
    assert not left_long_ago.exists() and begun.exists()
    begun.rmdir()


@pytest.mark.usefixtures("_a_year")
@pytest.mark.parametrize(
    ("run_type", "user"), [("manual", "dana"), ("manual", "ria"), ("manual", None), ("backfill", None)]
)
def test_nobody_deletes_by_hand_without_the_role(engine: Engine, run_type: str, user: str | None) -> None:
    with pytest.raises(RunError, match="delete past"):
        run(dry_run=False, run_type=run_type, user=user)
    assert left(engine) == 1
    with engine.connect() as conn:
        (told,) = conn.execute(sa.select(audit_log).where(audit_log.c.act == "act_refused")).all()
    assert (told.actor, told.facts["act"]) == (user or "unknown", "delete_past")


@pytest.mark.usefixtures("_a_year")
def test_whoever_handles_incidents_may_look_what_would_go(engine: Engine) -> None:
    assert run(dry_run=True, run_type="manual", user="dana")["models"] == {"loans": AN_ANSWER}
    with pytest.raises(RunError, match="may not handle incident"):
        run(dry_run=True, run_type="manual", user="ria")
    assert left(engine) == 1


@pytest.mark.usefixtures("_a_year")
def test_who_deletes_by_hand_stands_in_the_log(engine: Engine) -> None:
    run(dry_run=False, run_type="manual", user="mika")
    assert left(engine) == 0
    with engine.connect() as conn:
        (told,) = conn.execute(sa.select(audit_log).where(audit_log.c.act == "answers_deleted")).all()
    assert (told.actor, told.run) == ("mika", "retention/manual__1")


@pytest.mark.usefixtures("_a_year")
def test_the_owner_is_told_once_a_month_of_what_an_incident_holds_back(
    engine: Engine, post: PostOffice
) -> None:
    with engine.begin() as conn:
        at = datetime.now(UTC) - timedelta(days=31)
        key = "night/loans/data/income"
        open_incident(conn, kind="data", key=key, sentence="?", model="loans", at=at, run="loans.monitor/1")
    for _ in range(2):
        (loans,) = run(dry_run=False)["models"].values()
        assert "is open. Settle it." in loans["held"]
    (mail,) = post.mails
    assert "incident 1 keeps what should be deleted" in mail.subject
    assert left(engine) == 1


@pytest.mark.usefixtures("_a_year")
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_model_whose_spec_cannot_be_used_fails_the_run_once_the_others_are_done(
    engine: Engine, dry_run: bool
) -> None:
    with engine.begin() as conn:
        register(conn, model="removed")
        register(conn, model="nothing_kept")
        log(conn, [an_old_answer("removed")])
    with pytest.raises(
        AirflowFailException, match="kept of removed was passed over.* put the model's folder"
    ):
        run(dry_run=dry_run)
    assert left(engine) == (2 if dry_run else 1)


@pytest.mark.usefixtures("_a_year")
def test_a_snapshot_of_a_model_whose_spec_is_broken_fails_the_run(installation: Lender) -> None:
    installation.snapshot()
    (settings().models / "loans" / "model.yaml").write_text("title: [")
    with pytest.raises(AirflowFailException, match="kept of loans was passed over.*Mend the spec"):
        run(dry_run=False)
