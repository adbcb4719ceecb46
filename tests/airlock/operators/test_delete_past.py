"""The Dag `retention`: what it deletes of each model, and what it only says of a dry run."""

import shutil
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Engine

from airlock.governance.predictions import PredictionRow
from airlock.governance.tables import audit_log, predictions
from airlock.operators.delete_past import DeletePastOperator
from tests.airlock.governance.records import log
from tests.airlock.lender import Lender
from tests.airlock.operators.running import context

AN_ANSWER = {"answers": 1, "batches": 0, "batch_answers": 0, "held_back": None}


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
    at = datetime.now(UTC) - timedelta(days=400)
    said = (uuid.uuid4(), "loans", 1, "api", "decision", "L1", {"income": 1.0}, 0.7, "true", None)
    with engine.begin() as conn:
        log(conn, [PredictionRow(*said, event_time=at, scored_at=at)])


def run(dry_run: bool) -> dict[str, Any]:
    running = context("retention", run_id="scheduled__1", params={"dry_run": dry_run})
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
    assert "kept for ever" in loans["held_back"]
