"""One step back, by a person, and a drill that leaves production as it found it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from airlock.audit.records import compare
from airlock.governance import audit_log, challengers, releases
from airlock.governance.deployments import champion, champions, deploy, prove
from airlock.governance.passage import DeploymentRefused
from airlock.governance.records import RecordError
from airlock.governance.rollback import DRILL, left_by_a_drill, roll_back, swap
from tests.airlock.governance.records import MOMENT, approved_release, register

DAY = timedelta(days=1)
DRILLED = {"by": "drill", "at": MOMENT, "run": "drill/monthly"}


def deployed(conn, version, **changes):
    candidate = register(conn, version=version, **changes)
    return deploy(conn, approved_release(conn, candidate), candidate, MOMENT)


def back(conn, run="rollback/one", because="it refuses everybody", model="credit_risk"):
    return roll_back(conn, model, by="omar", because=because, at=MOMENT + DAY, run=run)


def test_the_version_before_serves_again_and_the_other_never_comes_back(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    taken, serves = back(conn)
    assert champion(conn, "credit_risk") == serves
    assert (serves.version, serves.reinstates) == (1, first.id)
    because = "Rolled back by omar: it refuses everybody"
    assert taken == replace(second, retired_at=MOMENT + DAY, retired_because=because, withdrawn=True)
    assert releases.find(conn, second.release_id).state == "failed"
    assert releases.find(conn, first.release_id).state == "deployed"
    prove(conn, serves)


def test_who_rolled_back_and_why_is_in_the_audit_log(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    before = audit_log.head(conn).seq
    _, serves = back(conn)
    log = [row for row in audit_log.entries(conn) if row.seq > before]
    assert [row.act for row in log] == ["release_closed", "rolled_back", "deployed"]
    closed, rolled_back, again = log
    assert closed.facts["state"] == "failed"
    assert rolled_back.facts == second.facts | {"reason": "it refuses everybody", "serves": serves.id}
    assert again.facts == serves.facts | {"reinstates": first.id}
    assert {(row.actor, row.run) for row in (rolled_back, again)} == {("omar", "rollback/one")}


def test_a_repeated_task_takes_nothing_more_back(conn):
    for version in (1, 2, 3):
        deployed(conn, version)
    assert back(conn) == back(conn)
    assert champion(conn, "credit_risk").version == 2


def test_another_run_goes_one_further_back(conn):
    for version in (1, 2, 3):
        deployed(conn, version)
    back(conn)
    assert back(conn, run="rollback/two")[1].version == 1


def test_with_nothing_to_go_back_to_the_champion_stays(conn):
    only = deployed(conn, 1)
    with pytest.raises(
        RecordError, match="nothing to go back to.*goes on serving: trigger credit_risk.release"
    ):
        back(conn)
    assert champion(conn, "credit_risk") == only


def test_where_nothing_serves_nothing_is_taken_back(conn):
    with pytest.raises(RecordError, match="nothing serves, so nothing can be taken back"):
        back(conn)


def test_what_cannot_be_proved_does_not_come_back(conn):
    deployed(conn, 1)
    second = deployed(conn, 2)
    deployed(conn, 3)
    conn.execute(text("DELETE FROM approvals WHERE release_id = :id"), {"id": second.release_id})
    assert back(conn)[1].version == 1


def test_a_deployment_that_was_never_logged_does_not_come_back(conn):
    first = deployed(conn, 1)
    second = deployed(conn, 2)
    conn.execute(
        text(
            "INSERT INTO deployments (model, release_id, candidate_id, version, package_digest, deployed_at, "
            "retired_at, retired_because, reinstates) SELECT model, release_id, candidate_id, version, "
            "package_digest, now(), now(), 'forged', id FROM deployments WHERE id = :first"
        ),
        {"first": first.id},
    )
    third = deployed(conn, 3)
    assert third.id > second.id
    assert back(conn)[1].version == 2
    assert back(conn, run="rollback/two")[1].reinstates == first.id


def test_what_runs_beside_the_champion_is_stopped(conn):
    deployed(conn, 1)
    deployed(conn, 2)
    beside = register(conn, version=3)
    release = approved_release(conn, beside, way="ab")
    challengers.start(conn, release, beside, share=0.5, at=MOMENT)
    back(conn)
    assert challengers.active(conn, "credit_risk") is None
    assert challengers.of_release(conn, release.id).outcome == "stopped"
    assert releases.find(conn, release.id).state == "failed"


def test_other_models_are_left_alone(conn):
    deployed(conn, 1)
    deployed(conn, 2)
    other = deployed(conn, 5, model="other")
    back(conn)
    assert other in champions(conn)


def test_a_drill_goes_back_and_returns_and_nothing_is_withdrawn(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    assert left_by_a_drill(conn, "credit_risk") is None
    there = swap(conn, second, first, because=DRILL, **DRILLED)
    assert champion(conn, "credit_risk") == there
    prove(conn, there)
    assert left_by_a_drill(conn, "credit_risk").id == second.id
    again = swap(conn, there, second, because="The drill is over.", **DRILLED)
    assert champion(conn, "credit_risk") == again
    assert (again.version, again.reinstates, again.withdrawn) == (2, second.id, False)
    prove(conn, again)
    assert left_by_a_drill(conn, "credit_risk") is None
    assert releases.find(conn, second.release_id).state == "deployed"
    assert back(conn)[1].version == 1


def test_a_drill_does_not_undo_what_was_deployed_meanwhile(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    there = swap(conn, second, first, because=DRILL, **DRILLED)
    third = deployed(conn, 3)
    with pytest.raises(RecordError, match="changed production meanwhile, and version 3 serves now"):
        swap(conn, there, second, because="The drill is over.", **DRILLED)
    assert champion(conn, "credit_risk") == third
    assert left_by_a_drill(conn, "credit_risk") is None


def test_a_rollback_during_a_drill_takes_back_what_the_drill_replaced(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    there = swap(conn, second, first, because=DRILL, **DRILLED)
    taken, serves = back(conn)
    assert (taken.reinstates, taken.withdrawn) == (second.id, True)
    assert champion(conn, "credit_risk") == serves
    assert (serves.version, serves.reinstates) == (1, first.id)
    assert releases.find(conn, second.release_id).state == "failed"
    assert releases.find(conn, first.release_id).state == "deployed"
    prove(conn, serves)
    assert compare(conn) == (), "log and records tell the same"
    assert back(conn) == (taken, serves)
    assert left_by_a_drill(conn, "credit_risk") is None
    with pytest.raises(RecordError, match="changed production meanwhile, and version 1 serves now"):
        swap(conn, there, second, because="The drill is over.", **DRILLED)
    assert champion(conn, "credit_risk") == serves


def test_a_rollback_during_a_drill_is_told_in_its_order(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    swap(conn, second, first, because=DRILL, **DRILLED)
    before = audit_log.head(conn).seq
    taken, serves = back(conn)
    log = [row for row in audit_log.entries(conn) if row.seq > before]
    assert [row.act for row in log] == ["deployed", "release_closed", "rolled_back", "deployed"]
    assert log[0].facts == taken.facts | {"reinstates": second.id}
    assert log[2].facts["serves"] == serves.id
    assert {(row.actor, row.run) for row in (log[0], *log[2:])} == {("omar", "rollback/one")}


def test_a_rollback_during_a_drill_that_cannot_be_proved_changes_nothing(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    there = swap(conn, second, first, because=DRILL, **DRILLED)
    conn.execute(text("UPDATE releases SET people = 0 WHERE id = :id"), {"id": second.release_id})
    with pytest.raises(DeploymentRefused, match="that it was opened so"):
        back(conn)
    assert champion(conn, "credit_risk") == there


def test_a_drill_brings_nothing_back_that_cannot_be_proved(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    conn.execute(text("UPDATE releases SET people = 0 WHERE id = :id"), {"id": first.release_id})
    with pytest.raises(DeploymentRefused, match="that it was opened so"):
        swap(conn, second, first, because=DRILL, **DRILLED)
    assert champion(conn, "credit_risk") == second
