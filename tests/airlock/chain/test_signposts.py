"""What MLflow shows people of a release: tags, a description, and who is champion and challenger."""

from typing import Any

import pytest
from sqlalchemy.engine import Connection, Engine

from airlock.chain.signposts import show_release
from airlock.governance import releases
from airlock.governance.candidates import Candidate
from airlock.governance.deployments import deploy
from airlock.training.mlflow_client import client
from airlock.training.registry import RegistryError
from tests.airlock.governance.records import MOMENT, approved_release, register

MODEL = "signposted"
EVIDENCE = {"title": "Loans", "purpose": "Say which loans default.", "owner": "Dana Keller", "tier": "high"}


@pytest.fixture(autouse=True)
def _versions(mlflow_url: str) -> Any:
    """Two versions in MLflow, as registering leaves them."""
    client().create_registered_model(MODEL)
    for number in ("1", "2"):
        assert str(client().create_model_version(MODEL, source=f"s3://airlock/{number}").version) == number
    yield
    client().delete_registered_model(MODEL)


def made(conn: Connection, version: int, **more: Any) -> Candidate:
    return register(conn, model=MODEL, version=version, evidence={**EVIDENCE, "version": version}, **more)


def show(engine: Engine, release: releases.Release) -> dict[str, Any]:
    """Show a release; return the model and its versions as MLflow has them."""
    show_release(release.id, engine=engine, airflow_url="http://airflow.example")
    versions = {number: client().get_model_version(MODEL, str(number)) for number in (1, 2)}
    return {"model": client().get_registered_model(MODEL), **{str(key): one for key, one in versions.items()}}


def test_a_deployed_version_says_since_when_by_whom_and_what_it_replaced(engine: Engine) -> None:
    with engine.begin() as conn:
        first = made(conn, 1)
        deploy(conn, approved_release(conn, first), first, MOMENT)
        second = made(conn, 2)
        release = approved_release(conn, second)
        deploy(conn, release, second, MOMENT)
    shown = show(engine, release)
    assert shown["model"].description == "Loans. Say which loans default."
    assert shown["model"].tags["airlock.tier"] == "high"
    assert shown["model"].aliases == {}
    tags = shown["2"].tags
    assert (tags["airlock.state"], tags["airlock.approved_by"]) == ("deployed", "ria")
    assert "It is in production, since 2026-03-01" in tags["airlock.standing"]
    assert tags["airlock.dossier_page"] == "http://airflow.example/airlock/dossiers/dossier_2/dossier.html"
    assert "Trained by dana, because: a test" in shown["2"].description
    assert "It was in production" in shown["1"].description


def test_a_rejected_version_says_why_and_a_champion_s_alias_is_left_alone(
    engine: Engine,
) -> None:
    client().set_registered_model_alias(MODEL, "challenger", "1")
    client().set_registered_model_alias(MODEL, "champion", "2")
    with engine.begin() as conn:
        candidate = made(conn, 1)
        release = releases.open_release(
            conn, candidate=candidate, dag_run_id="r", people=1, opened_at=MOMENT, way="full"
        )
        releases.close(conn, release.id, state="rejected", reason="Rejected by ria: too few rows.", at=MOMENT)
    shown = show(engine, release)
    assert shown["1"].tags["airlock.state"] == "rejected"
    assert "Rejected by ria: too few rows." in shown["1"].description
    assert {alias: str(to) for alias, to in shown["model"].aliases.items()} == {"champion": "2"}


def test_what_mlflow_does_not_know_is_an_error_of_its_own(engine: Engine) -> None:
    with engine.begin() as conn:
        release = approved_release(conn, register(conn, model="unknown_to_mlflow", version=9))
    with pytest.raises(RegistryError, match="does not take what is to be shown of unknown_to_mlflow"):
        show_release(release.id, engine=engine, airflow_url="http://airflow.example")
