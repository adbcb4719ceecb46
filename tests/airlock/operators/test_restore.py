"""The night's comparison mails each incident once; only who may restores it, with a reason."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.governance import incidents
from airlock.governance.candidates import Candidate
from airlock.governance.incidents import Incident
from airlock.operators.compare import CompareOperator
from airlock.operators.restore import RestoreOperator
from airlock.operators.run import RunError
from airlock.training.mlflow_client import client
from airlock.training.registry import show_champion
from tests.airlock.lender import Lender
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

NOBODY = "http://127.0.0.1:9"
MOVED = "alias_moved"


@pytest.fixture
def moved(installation: Lender, candidate: Candidate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Candidate]:
    """A registered candidate at which somebody has pointed the alias, though nothing serves."""
    monkeypatch.setenv("AIRLOCK_SCORING_URL", NOBODY)
    monkeypatch.setattr("airlock.chain.production.compare.differences.__kwdefaults__", {"pauses": ()})
    without_aliases()  # the tests of a session share one MLflow
    show_champion("loans", candidate.registered_version)
    yield candidate
    without_aliases()


def without_aliases() -> None:
    for alias in client().get_registered_model("loans").aliases:
        client().delete_registered_model_alias("loans", alias)


def compare() -> dict[str, Any]:
    running = context("audit", run_id="scheduled__1")
    return CompareOperator(task_id="compare").execute(running)


def restore(number: int, user: str | None = "mika", reason: str = "tried things out") -> dict[str, Any]:
    params = {"incident": number, "reason": reason}
    running = context("restore", run_id="manual__1", user=user, params=params)
    return RestoreOperator(task_id="restore").execute(running)


def of_kind(engine: Engine, kind: str) -> Incident:
    with engine.connect() as conn:
        (found,) = [one for one in incidents.open_ones(conn) if one.kind == kind]
    return found


def test_each_incident_is_mailed_once_to_those_who_may_restore_and_the_owner(
    moved: Candidate, engine: Engine, post: PostOffice
) -> None:
    found = compare()
    assert compare() == found
    assert len(post.mails) == len(found["incidents"])
    assert {mail.subject.partition(": ")[2] for mail in post.mails} == {
        "loans is not as the records say",
        "this installation is not as the records say",
    }
    number = of_kind(engine, MOVED).id
    (mail,) = [mail for mail in post.mails if f"Incident {number}:" in mail.subject]
    assert {"mika@airlock.example", "admin@airlock.example"} <= set(mail.recipients.split(", "))
    assert "http://airflow.example:8080/dags/restore" in mail.text
    assert "A restore removes the alias." in mail.text


def test_mika_restores_in_one_step(moved: Candidate, engine: Engine) -> None:
    compare()
    done = restore(of_kind(engine, MOVED).id)
    assert done["settled_because"].startswith(
        "tried things out (MLflow's alias champion of loans was removed"
    )
    assert "champion" not in client().get_registered_model("loans").aliases


@pytest.mark.parametrize("user", ["dana", "ria", "nobody", None])
def test_who_may_not_restore_changes_nothing(moved: Candidate, engine: Engine, user: str | None) -> None:
    compare()
    incident = of_kind(engine, MOVED)
    with pytest.raises(RunError):
        restore(incident.id, user=user)
    assert of_kind(engine, MOVED) == incident
    assert "champion" in client().get_registered_model("loans").aliases


def test_a_reason_is_needed(moved: Candidate, engine: Engine) -> None:
    compare()
    with pytest.raises(RunError, match="reason: is empty"):
        restore(of_kind(engine, MOVED).id, reason=" ")
