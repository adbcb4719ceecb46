"""The deployment record against releases, answers and the log: what serves by right, and what does not."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.chain.production.difference import Difference
from airlock.chain.production.record import record_differences
from airlock.chain.production.standing import Standing, standings
from airlock.governance import releases
from airlock.governance.deployments import Deployment, deploy
from airlock.governance.tables import approvals, deployments
from airlock.governance.withdrawal import withdraw
from tests.airlock.governance.records import MOMENT, approved_release, register


@pytest.fixture
def serving(conn: Connection) -> Deployment:
    """Version 1, brought through the airlock; version 2 is registered and was never released."""
    first = register(conn)
    deployed = deploy(conn, approved_release(conn, first), first, MOMENT)
    register(conn, version=2)
    return deployed


def standing(conn: Connection) -> Standing:
    (one,) = standings(conn)
    return one


def found(conn: Connection) -> list[Difference]:
    return list(record_differences(standings(conn)))


def retire(conn: Connection) -> None:
    gone = {"retired_at": MOMENT, "retired_because": "because I can"}
    conn.execute(sa.update(deployments).where(deployments.c.retired_at.is_(None)).values(gone))


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    made = sa.insert(deployments).values(deployed_at=MOMENT, **values).returning(deployments.c.id)
    return conn.execute(made).scalar_one()


def test_what_came_through_the_airlock_is_no_difference(conn: Connection, serving: Deployment) -> None:
    assert found(conn) == []
    one = standing(conn)
    assert (one.champion, one.proven, one.logged) == (serving, serving, serving.id)
    assert {version: known.served for version, known in one.registered.items()} == {1: True, 2: False}
    assert [candidate.version for candidate in one.in_use] == [1]


def test_a_withdrawal_that_leaves_nothing_is_no_difference(conn: Connection, serving: Deployment) -> None:
    withdraw(conn, serving, "it answers wrongly", MOMENT)
    assert found(conn) == []
    assert (standing(conn).proven, standing(conn).logged) == (None, None)


def test_a_row_for_a_version_that_nobody_released(conn: Connection, serving: Deployment) -> None:
    second = standing(conn).registered[2]
    release = releases.open_release(
        conn,
        candidate=register(conn, version=2),
        dag_run_id="forged",
        people=1,
        opened_at=MOMENT,
    )
    retire(conn)
    about = {"model": second.model, "version": 2, "package_digest": second.package_digest}
    forged = insert(conn, {**about, "release_id": release.id, "candidate_id": second.id})
    (one,) = found(conn)
    assert (one.kind, one.restorable) == ("unapproved_deployment", True)
    assert f"Deployment {forged} says that credit_risk version 2 serves" in one.sentence
    assert "brings version 1 back" in one.mend
    assert [candidate.version for candidate in standing(conn).in_use] == [1]


def test_a_copy_of_the_champion_s_own_row(conn: Connection, serving: Deployment) -> None:
    retire(conn)
    kept = ("model", "release_id", "candidate_id", "version", "package_digest")
    insert(conn, {name: getattr(serving, name) for name in kept} | {"reinstates": serving.id})
    (one,) = found(conn)
    assert (one.kind, one.restorable) == ("unapproved_deployment", True)


def test_a_champion_that_was_retired_by_hand(conn: Connection, serving: Deployment) -> None:
    retire(conn)
    (one,) = found(conn)
    assert (one.key, one.restorable) == (f"champion_retired/credit_risk/{serving.id}", True)
    assert one.mend == "A restore lets version 1 serve again."


def test_a_champion_whose_answers_were_changed_waits_for_its_records(
    conn: Connection, serving: Deployment
) -> None:
    conn.execute(sa.update(approvals).values(choice="Reject"))
    (one,) = found(conn)
    assert (one.kind, one.restorable) == ("unapproved_deployment", False)
    assert "The audit log names this very deployment" in one.mend


def test_a_retired_champion_whose_answers_were_changed_too(conn: Connection, serving: Deployment) -> None:
    retire(conn)
    conn.execute(sa.update(approvals).values(choice="Reject"))
    (one,) = found(conn)
    assert (one.kind, one.restorable) == ("champion_retired", False)
