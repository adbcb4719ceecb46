from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from airlock.governance import audit_log, challengers, releases
from airlock.governance.deployments import champion, champions, deploy, of_release, prove
from airlock.governance.passage import DeploymentRefused
from airlock.governance.withdrawal import withdraw
from tests.airlock.governance.records import MOMENT, approved_release, register

DAY = timedelta(days=1)
#: How many statements one deployment takes, the lock included.
STATEMENTS = 16


def deployed(conn, version, at=MOMENT, **changes):
    candidate = register(conn, version=version, **changes)
    return deploy(conn, approved_release(conn, candidate), candidate, at)


def test_an_approved_release_becomes_the_champion(conn):
    made = deployed(conn, 1)
    assert champion(conn, "credit_risk") == made
    assert champions(conn) == (made,)
    assert (made.version, made.package_digest, made.deployed_at) == (1, "package_1", MOMENT)
    assert releases.find(conn, made.release_id).state == "deployed"


def test_the_champion_before_is_retired(conn):
    first, second = deployed(conn, 1), deployed(conn, 2, at=MOMENT + DAY)
    assert champion(conn, "credit_risk") == second
    assert champion(conn, "credit_risk", at=MOMENT) == replace(
        first, retired_at=MOMENT + DAY, retired_because="replaced by version 2"
    )
    assert champion(conn, "credit_risk", at=MOMENT + DAY) == second
    assert champion(conn, "credit_risk", at=MOMENT - DAY) is None


def test_a_release_knows_what_it_deployed_and_what_served_before(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    assert of_release(conn, first.release_id)[1] is None
    made, before = of_release(conn, second.release_id)
    assert (made, before.id) == (second, first.id)


def test_models_do_not_touch_each_other(conn):
    one, other = deployed(conn, 1), deployed(conn, 1, model="other")
    assert champions(conn) == (one, other)


def test_deploying_twice_is_once(conn):
    candidate = register(conn)
    release = approved_release(conn, candidate)
    assert deploy(conn, release, candidate, MOMENT) == deploy(conn, release, candidate, MOMENT + DAY)


def test_a_repeated_deploy_does_not_bring_back_what_was_replaced(conn):
    candidate = register(conn)
    release = approved_release(conn, candidate)
    deploy(conn, release, candidate, MOMENT)
    second = deployed(conn, 2)
    assert deploy(conn, release, candidate, MOMENT + DAY).retired_at == MOMENT
    assert champion(conn, "credit_risk") == second


@pytest.mark.parametrize("state", ["rejected", "expired", "superseded", "failed"])
def test_a_release_that_was_not_approved_is_refused(conn, state):
    candidate = register(conn)
    release = releases.open_release(conn, candidate=candidate, dag_run_id="r", people=0, opened_at=MOMENT)
    with pytest.raises(DeploymentRefused, match="is open, not approved"):
        deploy(conn, release, candidate, MOMENT)
    releases.close(conn, release.id, state=state, reason="so", at=MOMENT)
    with pytest.raises(DeploymentRefused, match=f"is {state}, not approved"):
        deploy(conn, replace(release, state="approved"), candidate, MOMENT)
    assert champions(conn) == ()


def test_a_release_marked_approved_without_its_answers_is_refused(conn):
    candidate = register(conn)
    release = releases.open_release(conn, candidate=candidate, dag_run_id="r", people=2, opened_at=MOMENT)
    release = releases.close(conn, release.id, state="approved", reason="trust me", at=MOMENT)
    with pytest.raises(DeploymentRefused, match="is marked approved, but: Nobody answered"):
        deploy(conn, release, candidate, MOMENT)


def test_a_release_approved_by_who_trained_it_is_refused(conn):
    candidate = register(conn, trained_by="ria")
    release = approved_release(conn, candidate)
    with pytest.raises(DeploymentRefused, match="ria started the training"):
        deploy(conn, release, candidate, MOMENT)


def test_another_candidate_than_the_release_s_is_refused(conn):
    release = approved_release(conn, register(conn, version=1))
    with pytest.raises(DeploymentRefused, match="is not what release"):
        deploy(conn, release, register(conn, version=2), MOMENT)


@pytest.mark.parametrize("digest", ["package_digest", "dossier_digest"])
def test_a_candidate_changed_after_its_approval_is_refused(conn, digest):
    candidate = register(conn)
    release = approved_release(conn, candidate)
    conn.execute(text(f"UPDATE candidates SET {digest} = 'smuggled'"))
    with pytest.raises(DeploymentRefused, match="is not what release"):
        deploy(conn, release, candidate, MOMENT)


def test_an_older_candidate_does_not_replace_a_newer_champion(conn):
    older = register(conn, version=1)
    release = approved_release(conn, older)
    deployed(conn, 2)
    with pytest.raises(DeploymentRefused, match="version 2 serves already, and is newer"):
        deploy(conn, release, older, MOMENT)


def test_withdrawing_brings_back_the_champion_before(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    back = withdraw(conn, second, "the smoke test failed", MOMENT + DAY)
    assert champion(conn, "credit_risk") == back
    assert (back.version, back.package_digest, back.reinstates) == (1, "package_1", first.id)
    assert back.deployed_at == MOMENT + DAY
    assert releases.find(conn, second.release_id).state == "failed"
    assert withdraw(conn, second, "again", MOMENT + 2 * DAY) == back


def test_withdrawing_the_first_leaves_nothing_serving(conn):
    assert withdraw(conn, deployed(conn, 1), "the smoke test failed", MOMENT) is None
    assert champions(conn) == ()


def test_what_was_withdrawn_is_never_brought_back(conn):
    deployed(conn, 1)
    back = withdraw(conn, deployed(conn, 2), "bad", MOMENT)
    assert withdraw(conn, back, "bad as well", MOMENT) is None


def test_what_comes_back_must_be_proved(conn):
    deployed(conn, 1)
    first, second = deployed(conn, 2), deployed(conn, 3)
    conn.execute(text("DELETE FROM approvals WHERE release_id = :release"), {"release": first.release_id})
    assert withdraw(conn, second, "bad", MOMENT).version == 1


def test_a_withdrawal_stops_the_challenger_and_fails_its_release(conn):
    first = deployed(conn, 1)
    beside = register(conn, version=2)
    release = approved_release(conn, beside, way="canary")
    challengers.start(conn, release, beside, share=0.1, at=MOMENT)
    withdraw(conn, first, "bad", MOMENT)
    stopped = challengers.of_release(conn, release.id)
    assert (stopped.outcome, stopped.ended_because) == (
        "stopped",
        "Stopped: the champion it ran beside, version 1, was taken back.",
    )
    assert releases.find(conn, release.id).state == "failed"
    with pytest.raises(DeploymentRefused, match="is failed, not approved"):
        deploy(conn, release, beside, MOMENT)


def test_a_canary_is_not_deployed_before_it_has_passed(conn):
    deployed(conn, 1)
    beside = register(conn, version=2)
    release = approved_release(conn, beside, way="canary")
    with pytest.raises(DeploymentRefused, match="by way of canary, .* not passed: was never started"):
        deploy(conn, release, beside, MOMENT)
    challenger = challengers.start(conn, release, beside, share=0.1, at=MOMENT)
    with pytest.raises(DeploymentRefused, match="not passed: still runs"):
        deploy(conn, release, beside, MOMENT)
    challengers.end(conn, challenger, outcome="passed", because="equal", at=MOMENT)
    assert deploy(conn, release, beside, MOMENT).version == 2


@pytest.mark.parametrize("outcome", ["broke", "undecided", "stopped"])
def test_a_challenger_that_did_not_pass_is_not_deployed_even_where_nothing_serves(conn, outcome):
    first = deployed(conn, 1)
    beside = register(conn, version=2)
    release = approved_release(conn, beside, way="shadow")
    challenger = challengers.start(conn, release, beside, share=0, at=MOMENT)
    challengers.end(conn, challenger, outcome=outcome, because="so", at=MOMENT)
    withdraw(conn, first, "bad", MOMENT)
    with pytest.raises(DeploymentRefused, match=f"not passed: {outcome}"):
        deploy(conn, release, beside, MOMENT)


def test_the_first_of_a_model_has_nothing_to_run_beside(conn):
    candidate = register(conn)
    assert deploy(conn, approved_release(conn, candidate, way="canary"), candidate, MOMENT).version == 1


def test_another_release_s_challenger_goes_on_beside_the_new_champion(conn):
    deployed(conn, 1)
    second, third = (register(conn, version=number) for number in (2, 3))
    ready = approved_release(conn, second)
    challenger = challengers.start(
        conn, approved_release(conn, third, way="canary"), third, share=0.1, at=MOMENT
    )
    deploy(conn, ready, second, MOMENT)
    assert challengers.active(conn, "credit_risk") == challenger


def test_every_deployment_and_withdrawal_is_in_the_audit_log(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    back = withdraw(conn, second, "wrong answers", MOMENT + DAY)
    log = [row for row in audit_log.entries(conn) if row.act in ("deployed", "withdrawn")]
    assert [(row.act, row.facts["deployment"], row.facts["version"]) for row in log] == [
        ("deployed", first.id, 1),
        ("deployed", second.id, 2),
        ("withdrawn", second.id, 2),
        ("deployed", back.id, 1),
    ]
    assert {(row.actor, row.model) for row in log} == {("credit_risk.release", "credit_risk")}
    assert [row.facts.get("replaced") for row in log] == [None, 1, None, None]
    assert log[0].facts["dossier_digest"] == "dossier_1"
    assert log[2].facts["reason"] == "wrong answers"
    assert log[2].run == log[1].run == f"credit_risk.release/release_{second.candidate_id}"
    assert log[3].facts["reinstates"] == first.id


def test_what_serves_by_right_is_proved(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    prove(conn, second)
    prove(conn, first, serves=False)
    prove(conn, withdraw(conn, second, "bad", MOMENT))


def forge(conn, statement):
    assert conn.execute(text(statement)).rowcount == 1


def test_a_deployment_written_past_airlock_does_not_serve_by_right(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    forge(conn, "UPDATE deployments SET retired_at = now(), retired_because = 'x' WHERE retired_at IS NULL")
    conn.execute(
        text(
            "INSERT INTO deployments (model, release_id, candidate_id, version, package_digest, deployed_at, "
            "reinstates) SELECT model, release_id, candidate_id, version, package_digest, now(), id "
            "FROM deployments WHERE id = :first"
        ),
        {"first": first.id},
    )
    forged = champion(conn, "credit_risk")
    assert (forged.version, forged.id > second.id) == (1, True)
    with pytest.raises(DeploymentRefused, match="that it made version 1 the champion"):
        prove(conn, forged)


def test_a_retired_deployment_put_back_past_airlock_does_not_serve_by_right(conn):
    first, second = deployed(conn, 1), deployed(conn, 2)
    forge(conn, f"UPDATE deployments SET retired_at = now(), retired_because = 'x' WHERE id = {second.id}")
    forge(conn, f"UPDATE deployments SET retired_at = NULL, retired_because = NULL WHERE id = {first.id}")
    with pytest.raises(DeploymentRefused, match="that it serves now"):
        prove(conn, champion(conn, "credit_risk"))


def test_what_was_withdrawn_and_put_back_past_airlock_does_not_serve_by_right(conn):
    first = deployed(conn, 1)
    assert withdraw(conn, first, "bad", MOMENT) is None
    forge(conn, "UPDATE deployments SET retired_at = NULL, retired_because = NULL")
    forge(conn, "UPDATE releases SET state = 'deployed'")
    with pytest.raises(DeploymentRefused, match="that it was last decided as approved"):
        prove(conn, champion(conn, "credit_risk"))


@pytest.mark.parametrize("change", ["version = 9", "package_digest = 'smuggled'"])
def test_a_changed_deployment_does_not_serve_by_right(conn, change):
    deployed(conn, 1)
    forge(conn, f"UPDATE deployments SET {change}")
    with pytest.raises(DeploymentRefused, match="its record was changed past Airlock"):
        prove(conn, champion(conn, "credit_risk"))


def test_a_forged_deployment_of_an_ended_release_can_be_withdrawn(conn):
    first = deployed(conn, 1)
    other = register(conn, version=2)
    release = releases.open_release(conn, candidate=other, dag_run_id="r", people=1, opened_at=MOMENT)
    releases.close(conn, release.id, state="rejected", reason="no", at=MOMENT)
    forge(conn, "UPDATE deployments SET retired_at = now(), retired_because = 'x'")
    forge(
        conn,
        "INSERT INTO deployments (model, release_id, candidate_id, version, package_digest, deployed_at) "
        f"VALUES ('credit_risk', {release.id}, {other.id}, 2, 'package_2', now())",
    )
    back = withdraw(conn, champion(conn, "credit_risk"), "it was never approved", MOMENT)
    assert (back.version, back.reinstates) == (1, first.id)
    assert releases.find(conn, release.id).state == "rejected"
    prove(conn, back)


def test_two_deploys_of_one_release_at_once_make_one_deployment(engine):
    with engine.begin() as conn:
        candidate = register(conn)
        release = approved_release(conn, candidate)
    barrier = Barrier(8)

    def attempt(_):
        with engine.begin() as conn:
            barrier.wait()
            return deploy(conn, release, candidate, MOMENT).id

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(attempt, range(8)))) == 1
    with engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM deployments")).scalar_one() == 1


def test_two_releases_at_once_end_with_the_newer_candidate(engine):
    with engine.begin() as conn:
        ready = [(approved_release(conn, made), made) for made in (register(conn, version=n) for n in (1, 2))]
    barrier = Barrier(2)

    def attempt(pair):
        with engine.begin() as conn:
            barrier.wait()
            try:
                return deploy(conn, *pair, MOMENT)
            except DeploymentRefused:
                return None

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(attempt, ready))
    with engine.connect() as conn:
        assert [one.version for one in champions(conn)] == [2]


@pytest.mark.parametrize("statement", range(1, STATEMENTS + 1))
def test_a_kill_between_two_statements_leaves_the_old_champion_and_a_repeat_deploys(engine, statement):
    with engine.begin() as conn:
        deployed(conn, 1)
        candidate = register(conn, version=2)
        release = approved_release(conn, candidate)
    seen = 0

    def kill(conn, cursor, sql, *_):
        nonlocal seen
        seen += 1
        if seen == statement:
            conn.connection.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")

    def attempt():
        with engine.begin() as conn:
            return deploy(conn, release, candidate, MOMENT)

    event.listen(engine, "before_cursor_execute", kill)
    with pytest.raises(OperationalError):
        attempt()
    event.remove(engine, "before_cursor_execute", kill)
    with engine.connect() as conn:
        assert [one.version for one in champions(conn)] == [1]
    seen = -STATEMENTS
    event.listen(engine, "before_cursor_execute", kill)
    attempt()
    event.remove(engine, "before_cursor_execute", kill)
    assert seen == 0
    with engine.connect() as conn:
        assert [one.version for one in champions(conn)] == [2]
