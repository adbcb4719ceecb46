"""Validating as its task does it: what goes on to the next one, and the mail where nothing does."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.chain.validation import QUARANTINES
from airlock.data.snapshot import open_snapshot
from airlock.governance import quarantine
from airlock.operators.failure import ExplainedFailure
from airlock.operators.settle_quarantine import SettleQuarantineOperator
from airlock.operators.validate import ValidateOperator
from tests.airlock.lender import TRAINED_AS_OF, Lender
from tests.airlock.operators.judging import OWN
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

PARAMS = {"reason": "refresh", "as_of": TRAINED_AS_OF.isoformat()}
DEBT = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "debt", "min_value": 400}}


@pytest.fixture
def strict(installation: Lender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lender's model.yaml, with a suite that some of its loans break."""
    include = shutil.copytree(installation.include, tmp_path / "include")
    (include / "models" / "loans" / "expectations.json").write_text(json.dumps({"expectations": [DEBT]}))
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(include))
    return include / "models" / "loans" / "model.yaml"


def validate(lender: Lender, run_id: str = "manual__1") -> dict[str, Any]:
    running = context(run_id=run_id, user="dana", params=PARAMS)
    return ValidateOperator(task_id="validate", snapshot=lender.snapshot(), **OWN).execute(running)


def test_too_many_rows_at_fault_stop_the_run_and_the_mail_says_how_many_why_and_what_to_do(
    strict: Path, installation: Lender, post: PostOffice, engine: Engine
) -> None:
    for _ in range(2):
        with pytest.raises(ExplainedFailure, match="of 1,680 rows .* are held, and none may be."):
            validate(installation)
    with engine.connect() as conn:
        rows = quarantine.held(conn, "loans")
    (mail,) = post.mails
    text = " ".join(mail.text.split())
    assert f"{len(rows)} of 1,680 rows" in text
    assert f"debt values must be at least 400: {len(rows)}." in text
    assert "release or drop them there" in text
    assert "http://airflow.example:8080/airlock/models/loans/quarantine" in text
    assert {row.dag_run_id for row in rows} == {"manual__1"}


def test_after_a_person_has_dropped_them_the_next_run_goes_on_without(
    strict: Path, installation: Lender, post: PostOffice
) -> None:
    with pytest.raises(ExplainedFailure):
        validate(installation)
    form = {"model": "loans", "decision": "drop", "rows": None, "reason": "typing errors"}
    dropped = SettleQuarantineOperator(task_id="settle").execute(
        context("quarantine", user="dana", params=form)
    )["rows"]
    made = validate(installation, "manual__2")
    assert set(made) == {"digest", "page", "snapshot", "quarantine"}
    left = open_snapshot(installation.store, made["snapshot"])
    assert left.manifest["rows"] == left.table().num_rows == 1680 - len(dropped)
    figures = installation.store.json(QUARANTINES, made["quarantine"])
    assert (figures["held"], figures["dropped"]) == (0, len(dropped))
    assert len(post.mails) == 1


def test_within_the_share_the_run_goes_on_without_a_mail(
    strict: Path, installation: Lender, post: PostOffice
) -> None:
    spec = json.loads(strict.read_text())
    strict.write_text(json.dumps(spec | {"data": spec["data"] | {"quarantine": {"share": 0.05}}}))
    made = validate(installation)
    assert made["snapshot"] != installation.snapshot()
    assert post.mails == ()
