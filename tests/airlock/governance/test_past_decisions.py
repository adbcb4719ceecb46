"""Past decisions: an answer is found by its id, and the audit log tells how its version came to give it."""

import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import audit_log, challengers, deployments, releases, withdrawal
from airlock.governance.passage import DeploymentRefused
from airlock.governance.past_decisions import find, passage
from airlock.governance.predictions import PredictionRow
from airlock.store import Store
from tests.airlock.governance.answered import answered
from tests.airlock.governance.records import MOMENT, approved_release, log, register

LATER = MOMENT + timedelta(hours=1)


def row(**changes: Any) -> PredictionRow:
    made = PredictionRow(
        id=uuid.uuid4(),
        model="credit_risk",
        version=1,
        source="api",
        purpose="decision",
        entity_key="A7",
        features={"debt": 1.5, "housing": None},
        score=0.25,
        prediction="good",
        run_key=None,
        event_time=MOMENT,
        scored_at=LATER,
    )
    return replace(made, **changes)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_an_answer_is_found_as_it_was_logged(conn: Connection, store: Store) -> None:
    told = row()
    log(conn, [told, row()])
    assert find(conn, store, told.id) == told


def test_an_unknown_id_is_found_nowhere(conn: Connection, store: Store) -> None:
    assert find(conn, store, uuid.uuid4()) is None


def test_an_answer_of_a_batch_is_found_by_its_id(conn: Connection, store: Store) -> None:
    batch = answered(conn, store, ["a", "b", "c"])
    found = find(conn, store, batch.id_of(1))
    assert found is not None
    assert (found.source, found.entity_key, found.version) == ("batch", "b", batch.version)
    assert find(conn, store, batch.id_of(3)) is None


def test_what_was_said_in_the_shadow_is_no_decision(conn: Connection, store: Store) -> None:
    unheard = row(purpose="shadow", run_key=str(uuid.uuid4()))
    log(conn, [unheard])
    assert find(conn, store, unheard.id) is None


def test_the_passage_of_a_champion_is_told_from_the_log(conn: Connection) -> None:
    candidate = register(conn)
    release = approved_release(conn, candidate, people=2)
    deployments.deploy(conn, release, candidate, MOMENT)
    told = passage(conn, row())
    assert (told.way, told.since, told.release_id) == ("full", MOMENT, release.id)
    assert (told.package_digest, told.dossier_digest) == ("package_1", "dossier_1")
    assert (told.people, told.approved_at) == (2, (MOMENT, MOMENT))
    assert told.candidate_id == candidate.id


def test_the_passage_stays_told_when_its_release_failed_since(conn: Connection) -> None:
    candidate = register(conn)
    made = deployments.deploy(conn, approved_release(conn, candidate), candidate, MOMENT)
    withdrawal.withdraw(conn, made, "it failed", LATER + timedelta(hours=1))
    assert passage(conn, row()).package_digest == "package_1"


def test_the_passage_of_a_canary_says_its_way(conn: Connection) -> None:
    champion, newer = register(conn), register(conn, version=2)
    deployments.deploy(conn, approved_release(conn, champion), champion, MOMENT)
    challengers.start(conn, approved_release(conn, newer, way="canary"), newer, share=0.1, at=MOMENT)
    assert passage(conn, row(version=2)).way == "canary"
    assert passage(conn, row()).way == "full"


def test_a_version_that_the_log_does_not_know_has_no_passage(conn: Connection) -> None:
    with pytest.raises(DeploymentRefused, match=r"credit_risk version 1 answered on 2026-03-01 13:00"):
        passage(conn, row())


def test_an_answer_dated_before_its_version_was_deployed_has_no_passage(conn: Connection) -> None:
    candidate = register(conn)
    deployments.deploy(conn, approved_release(conn, candidate), candidate, LATER + timedelta(seconds=1))
    with pytest.raises(DeploymentRefused, match="does not say that credit_risk version 1 answered"):
        passage(conn, row())


def test_a_deployment_in_the_log_that_nobody_approved_has_no_passage(conn: Connection) -> None:
    candidate = register(conn)
    release = releases.open_release(
        conn, candidate=candidate, dag_run_id="r", people=1, opened_at=MOMENT, way="full"
    )
    facts = {"release": release.id, "version": 1, "package_digest": "package_1"}
    audit_log.append(conn, "deployed", actor="x", at=MOMENT, model="credit_risk", facts=facts)
    with pytest.raises(DeploymentRefused, match=f"release {release.id} of credit_risk version 1 was opened"):
        passage(conn, row())


def test_another_package_than_the_released_one_has_no_passage(conn: Connection) -> None:
    candidate = register(conn)
    release = approved_release(conn, candidate)
    facts = {"release": release.id, "version": 1, "package_digest": "another"}
    audit_log.append(conn, "deployed", actor="x", at=MOMENT, model="credit_risk", facts=facts)
    with pytest.raises(DeploymentRefused, match="opened and approved as it is"):
        passage(conn, row())


def test_records_that_were_changed_past_airlock_do_not_change_the_passage(conn: Connection) -> None:
    candidate = register(conn)
    deployments.deploy(conn, approved_release(conn, candidate), candidate, MOMENT)
    conn.execute(sa.text("UPDATE candidates SET package_digest = 'forged'"))
    conn.execute(sa.text("UPDATE deployments SET package_digest = 'forged'"))
    assert passage(conn, row()).package_digest == "package_1"
