"""Who may do what by hand: a refusal is in the audit log, and nothing else happens."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.governance import audit_log, quarantine
from airlock.governance.audit_log import Entry
from airlock.operators.admit import AdmitOperator
from airlock.operators.authority import authorise
from airlock.operators.open_release import OpenReleaseOperator
from airlock.operators.reproduce import ReproduceOperator
from airlock.operators.run import RunError
from airlock.operators.settle_quarantine import SettleQuarantineOperator
from airlock.spec import SpecError
from airlock.spec.people import Act
from tests.airlock.governance.records import MOMENT
from tests.airlock.governance.test_quarantine import Row
from tests.airlock.operators.releasing import OWN
from tests.airlock.operators.running import context


def log(engine: Engine) -> list[Entry]:
    with engine.connect() as conn:
        return list(audit_log.entries(conn))


def refusal(engine: Engine) -> tuple[str, str | None, str | None, str]:
    (entry,) = log(engine)
    assert entry.act == "act_refused"
    return entry.actor, entry.model, entry.run, entry.facts["act"]


@pytest.mark.parametrize(
    ("user", "act"),
    [("dana", Act.TRAIN), ("mika", Act.ROLL_BACK), ("omar", Act.RELEASE), ("admin", Act.RESTORE)],
)
@pytest.mark.usefixtures("installation")
def test_who_has_a_role_for_it_may(engine: Engine, user: str, act: Act) -> None:
    assert authorise(context(user=user), act) == user
    assert log(engine) == []


@pytest.mark.parametrize(
    ("user", "act", "said"),
    [
        (
            "ria",
            Act.TRAIN,
            r"ria may not train: data_scientist or ml_engineer may\. Ask dana or mika, or add",
        ),
        ("dana", Act.ROLL_BACK, r"dana may not roll back: admin or approver or ml_engineer may\."),
        ("admin", Act.APPROVE, r"admin may not approve: approver may\. Ask ria or omar"),
        ("ada", Act.SETTLE_QUARANTINE, r"ada may not settle quarantine"),
        ("otto", Act.TRAIN, r"otto is not in people\.yaml, so may not train\. .* or add otto there as data"),
        ("Dana", Act.TRAIN, r"Dana is not in people\.yaml"),
        (None, Act.TRAIN, r"Nobody is known .* only a person may train"),
        ("", Act.TRAIN, r"Nobody is known"),
    ],
)
@pytest.mark.usefixtures("installation")
def test_who_has_none_may_not_and_that_is_on_record(
    engine: Engine, user: str | None, act: Act, said: str
) -> None:
    with pytest.raises(RunError, match=said) as caught:
        authorise(context(user=user), act)
    assert refusal(engine) == (user or "unknown", "loans", "loans.train/manual__1", str(act))
    assert log(engine)[0].facts["reason"] == str(caught.value)


@pytest.mark.usefixtures("installation")
def test_without_people_nobody_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(tmp_path))
    with pytest.raises(SpecError, match=r"people\.yaml: file: is missing"):
        authorise(context(user="dana"), Act.TRAIN)


@pytest.mark.parametrize(
    ("operator", "user", "act"),
    [
        (AdmitOperator, "ria", "train"),
        (OpenReleaseOperator, "ada", "release"),
        (ReproduceOperator, "admin", "reproduce"),
        (ReproduceOperator, None, "reproduce"),
    ],
)
@pytest.mark.usefixtures("installation")
def test_a_task_of_a_model_asks_first(engine: Engine, operator: Any, user: str | None, act: str) -> None:
    task = operator(task_id="first", **OWN)
    with pytest.raises(RunError, match=f"may (not )?{act}"):
        task.execute(context(f"loans.{act}", user=user))
    assert refusal(engine) == (user or "unknown", "loans", f"loans.{act}/manual__1", act)


@pytest.mark.usefixtures("installation")
def test_a_training_that_no_person_started_needs_nobody_s_leave(engine: Engine) -> None:
    made = AdmitOperator(task_id="admit", **OWN).execute(context(run_id="asset_triggered__1"))
    assert made["digest"] and log(engine) == []


@pytest.mark.parametrize("user", ["ria", None])
@pytest.mark.usefixtures("installation")
def test_rows_at_fault_are_settled_by_who_may_train(engine: Engine, user: str | None) -> None:
    with engine.begin() as conn:
        quarantine.hold(conn, "loans", [Row("one")], snapshot_digest="s", dag_run_id="r", at=MOMENT)
    form = {"model": "loans", "decision": "release", "rows": [], "reason": "it is right"}
    with pytest.raises(RunError):
        SettleQuarantineOperator(task_id="settle").execute(context("quarantine", user=user, params=form))
    assert refusal(engine) == (user or "unknown", "loans", "quarantine/manual__1", "settle_quarantine")
    with engine.connect() as conn:
        assert len(quarantine.held(conn, "loans")) == 1
