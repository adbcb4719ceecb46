"""Versions that were deleted in MLflow: found, said whether they ever served, accepted once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from airlock.chain.production.difference import Difference
from airlock.chain.production.mending import Person
from airlock.chain.production.noting import note
from airlock.chain.production.registry import lineage, registry_differences
from airlock.chain.production.restoring import restore
from airlock.chain.production.standing import standings
from airlock.governance.candidates import Candidate
from airlock.governance.deployments import deploy
from airlock.governance.incidents import Incident
from airlock.store import Store
from airlock.training.mlflow_client import client
from airlock.training.registry import register, show_champion
from tests.airlock.governance.records import MOMENT, approved_release
from tests.airlock.governance.records import register as record
from tests.airlock.lender import Trained

MODEL = "deleted"


@pytest.fixture
def registered(engine: Engine, trained: Trained, mlflow_url: str) -> Candidate:
    """Version 1 in MLflow and on record, in production."""
    made = trained.made[0]
    with engine.begin() as conn:
        candidate = record(
            conn, model=MODEL, package_digest=made["package"], mlflow_run_id=made["mlflow_run_id"]
        )
        deploy(conn, approved_release(conn, candidate), candidate, MOMENT)
        (standing,) = standings(conn)
    tags = lineage(standing.registered[1])
    assert register(MODEL, candidate.mlflow_run_id, candidate.package_digest, tags) == 1
    show_champion(MODEL, 1)
    return candidate


@pytest.fixture(autouse=True)
def forgotten(mlflow_url: str):
    """MLflow is shared by all tests, and numbers the versions of a model that is gone from 1 again."""
    yield
    if client().search_registered_models(f"name = '{MODEL}'"):
        client().delete_registered_model(MODEL)


def found(engine: Engine) -> list[Difference]:
    with engine.connect() as conn:
        return list(registry_differences(standings(conn), at=datetime.now(UTC)))


def noted(engine: Engine) -> tuple[Incident, ...]:
    return note(engine, found(engine), at=datetime.now(UTC), run="audit/scheduled__1")


def test_what_was_registered_is_found_as_it_was(engine: Engine, registered: Candidate) -> None:
    assert found(engine) == []


def test_a_deleted_version_is_one_incident_that_says_it_served(engine: Engine, registered: Candidate) -> None:
    client().delete_model_version(MODEL, "1")
    (incident,) = noted(engine)
    assert incident.kind == "version_deleted"
    assert "deleted version 1 was deleted in MLflow" in incident.sentence
    assert "It served in production." in incident.sentence
    assert (incident.facts["served"], incident.facts["package_digest"]) == (True, registered.package_digest)
    assert incident.facts["restorable"] is False


def test_a_deleted_version_is_accepted_by_a_person_and_not_opened_again(
    engine: Engine, registered: Candidate, tmp_path: Path
) -> None:
    client().delete_model_version(MODEL, "1")
    (incident,) = noted(engine)
    mika = Person("mika", "the wrong button", datetime.now(UTC), "restore/manual__1")
    done = restore(
        incident.id, mika, engine=engine, store=Store(tmp_path), scoring_url="http://127.0.0.1:9", pauses=()
    )
    assert (done.settled_by, done.settled_because) == ("mika", "the wrong button (Accepted as it is.)")
    assert noted(engine) == ()


def test_a_deleted_model_is_one_incident_for_all_its_versions(engine: Engine, registered: Candidate) -> None:
    client().delete_registered_model(MODEL)
    (incident,) = noted(engine)
    assert "MLflow no longer knows the model deleted" in incident.sentence
    assert "the versions 1; 1 served in production" in incident.sentence


def test_another_model_under_an_old_number_is_found(
    engine: Engine, registered: Candidate, trained: Trained
) -> None:
    client().delete_registered_model(MODEL)
    other = trained.made[1]
    register(MODEL, other["mlflow_run_id"], other["package"], {})
    show_champion(MODEL, 1)
    (difference,) = found(engine)
    assert (difference.kind, difference.restorable) == ("version_changed", False)
    assert "run" in difference.facts["wrong"]
    assert "Restore MLflow's database from its backup" in difference.mend
