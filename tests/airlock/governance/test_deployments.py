from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from airlock.governance import releases
from airlock.governance.deployments import (
    DeploymentRefused,
    champion,
    champions,
    deploy,
    of_release,
    withdraw,
)
from tests.airlock.governance.records import MOMENT, approved_release, register

DAY = timedelta(days=1)
#: How many statements one deployment takes, the lock included.
STATEMENTS = 9


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
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

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
