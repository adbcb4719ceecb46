"""What serves follows the record, and only as far as it can be proved."""

import shutil
import threading
from datetime import UTC, datetime

import psycopg2
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DatabaseError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from airlock.governance.challengers import end, step
from airlock.governance.withdrawal import withdraw
from airlock.serving.champions import Champions
from airlock.serving.clients import Clients
from airlock.serving.versions import Ready, Unavailable
from airlock.store import Store
from tests.airlock.serving.scoring_api import challenging, deployed, wait_until


@pytest.fixture
def champions(world, engine):
    made = Champions(engine, Store(world.store), Clients(""))
    made.start()
    yield made
    made.stop()


def change(engine, statement, **values):
    with engine.begin() as conn:
        conn.execute(text(statement), values)


def now():
    return datetime.now(UTC)


def version(champions, kind=Ready):
    serving = champions.of("loans")
    return serving.champion.record.version if serving and isinstance(serving.champion, kind) else None


def beside(champions, kind=Ready):
    serving = champions.of("loans")
    found = serving.challenger if serving else None
    return found if isinstance(found, kind) else None


def test_a_challenger_comes_steps_and_goes(world, engine, champions):
    deployed(engine, world.linear, 1)
    made = challenging(engine, world.trees, 2, share=0.1)
    wait_until(lambda: beside(champions) is not None, "the challenger runs")
    assert (version(champions), beside(champions).record) == (1, made)
    predictor = beside(champions).predictor
    with engine.begin() as conn:
        stepped = step(conn, made, share=0.5, step=2, at=now())
    wait_until(lambda: beside(champions).record == stepped, "its share rises")
    assert beside(champions).predictor is predictor
    with engine.begin() as conn:
        end(conn, stepped, outcome="broke", because="it failed", at=now())
    wait_until(lambda: beside(champions) is None, "it is gone")
    assert version(champions) == 1


def test_a_forged_deployment_row_never_answers_and_neither_does_the_one_before(world, engine, champions):
    first = deployed(engine, world.linear, 1)
    wait_until(lambda: version(champions) == 1, "version 1 serves")
    with engine.begin() as conn:
        conn.execute(text("UPDATE deployments SET retired_at = now(), retired_because = 'x'"))
        conn.execute(
            text(
                "INSERT INTO deployments (model, release_id, candidate_id, version, package_digest, "
                "deployed_at, reinstates) SELECT model, release_id, candidate_id, 2, :digest, now(), id "
                "FROM deployments"
            ),
            {"digest": world.trees.digest},
        )
    wait_until(lambda: version(champions, Unavailable) == 2, "the forged row is refused")
    assert "loans version 2 cannot be used" in champions.problems()[0]
    assert champions.of("loans").champion.record.id != first.id


def test_a_forged_deployment_of_what_really_was_released_never_answers(world, engine, champions):
    """Somebody brings an older version back by hand: true in every number, and nobody's act."""
    deployed(engine, world.linear, 1)
    deployed(engine, world.trees, 2)
    wait_until(lambda: version(champions) == 2, "version 2 serves")
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE deployments SET retired_at = now(), retired_because = 'x' WHERE version = 2")
        )
        conn.execute(
            text(
                "INSERT INTO deployments (model, release_id, candidate_id, version, package_digest, "
                "deployed_at, reinstates) SELECT model, release_id, candidate_id, version, package_digest, "
                "now(), id FROM deployments WHERE version = 1"
            )
        )
    wait_until(lambda: version(champions, Unavailable) == 1, "the forged row is refused")


def test_a_deployment_row_changed_in_place_is_proved_again(world, engine, champions):
    deployed(engine, world.linear, 1)
    wait_until(lambda: version(champions) == 1, "version 1 serves")
    change(engine, "UPDATE deployments SET package_digest = :digest", digest=world.trees.digest)
    wait_until(lambda: version(champions, Unavailable) == 1, "the changed row is refused")


def test_a_forged_challenger_row_is_not_used_and_the_champion_answers_everything(world, engine, champions):
    deployed(engine, world.linear, 1)
    change(
        engine,
        "INSERT INTO challengers (model, release_id, candidate_id, version, package_digest, way, share, "
        "step, started_at, stepped_at) SELECT model, id, candidate_id, 2, :digest, 'canary', 1, 1, now(), "
        "now() FROM releases",
        digest=world.trees.digest,
    )
    wait_until(lambda: beside(champions, Unavailable) is not None, "the forged challenger is refused")
    assert "loans version 2 cannot be used" in beside(champions, Unavailable).reason
    assert version(champions) == 1
    assert champions.problems() == []


@pytest.mark.parametrize("forged", ["share = 1", "way = 'ab'", "version = 3", "step = 2"])
def test_a_challenger_row_changed_in_place_is_not_used(world, engine, champions, forged):
    deployed(engine, world.linear, 1)
    challenging(engine, world.trees, 2, share=0.1)
    wait_until(lambda: beside(champions) is not None, "the challenger runs")
    change(engine, f"UPDATE challengers SET {forged}")
    wait_until(lambda: beside(champions, Unavailable) is not None, "the changed row is refused")
    assert "its record was changed" in beside(champions, Unavailable).reason
    assert version(champions) == 1


def test_a_challenger_that_ended_is_not_brought_back_by_hand(world, engine, champions):
    deployed(engine, world.linear, 1)
    made = challenging(engine, world.trees, 2)
    with engine.begin() as conn:
        end(conn, made, outcome="broke", because="it failed", at=now())
    change(engine, "UPDATE challengers SET ended_at = NULL, outcome = NULL, ended_because = NULL")
    wait_until(lambda: beside(champions, Unavailable) is not None, "the challenger is refused")


def test_what_ended_and_was_brought_back_before_anybody_looked_is_refused(world, engine):
    deployed(engine, world.linear, 1)
    made = challenging(engine, world.trees, 2)
    champions = Champions(engine, Store(world.store), Clients(""))
    champions.look()
    wait_until(lambda: beside(champions) is not None, "the challenger runs")
    with engine.begin() as conn:
        end(conn, made, outcome="broke", because="it failed", at=now())
    change(engine, "UPDATE challengers SET ended_at = NULL, outcome = NULL, ended_because = NULL")
    champions.look()
    wait_until(lambda: beside(champions, Unavailable) is not None, "the challenger is refused")
    assert version(champions) == 1


def test_a_tampered_challenger_package_is_not_used(world, engine, tmp_path):
    shutil.copytree(world.store, tmp_path / "store")
    with (tmp_path / "store" / "packages" / world.trees.digest / "signature.json").open("a") as file:
        file.write(" ")
    deployed(engine, world.linear, 1)
    challenging(engine, world.trees, 2)
    champions = Champions(engine, Store(tmp_path / "store"), Clients(""))
    champions.start()
    try:
        assert "was changed" in beside(champions, Unavailable).reason
        assert version(champions) == 1
    finally:
        champions.stop()


def test_a_withdrawn_champion_s_place_is_taken_without_a_gap(world, engine, champions):
    deployed(engine, world.linear, 1)
    wait_until(lambda: version(champions) == 1, "version 1 serves")
    second = deployed(engine, world.trees, 2)
    wait_until(lambda: version(champions) == 2, "version 2 serves")
    with engine.begin() as conn:
        withdraw(conn, second, "the smoke test failed", now())
    seen = {2}
    while seen != {2, 1}:
        seen.add(version(champions))
    assert champions.problems() == []


def test_whatever_the_database_fails_with_while_a_version_is_proved_it_is_tried_again(
    world, engine, champions, caplog
):
    deployed(engine, world.linear, 1)
    wait_until(lambda: version(champions) == 1, "version 1 serves")
    failures = [
        PoolTimeout("no connection is free"),
        DatabaseError("SELECT 1", None, psycopg2.DatabaseError("SSL SYSCALL error: EOF detected")),
        InterfaceError("SELECT 1", None, psycopg2.InterfaceError("connection already closed")),
    ]

    @event.listens_for(engine, "before_cursor_execute")
    def _fail(*_):
        if failures and threading.current_thread().name.startswith("load"):
            raise failures.pop(0)

    deployed(engine, world.trees, 2)
    wait_until(lambda: version(champions) == 2, "version 2 serves")
    assert [one.message for one in caplog.records if "is tried again" in one.message] == [
        f"loans could not be proved, and is tried again: {name}"
        for name in ("TimeoutError", "DatabaseError", "InterfaceError")
    ]


def test_a_model_that_loads_slowly_keeps_no_other_waiting(world, slow, engine):
    deployed(engine, world.linear, 1)
    champions = Champions(engine, Store(slow.store), Clients(""))
    champions.start()
    try:
        slow.gate.touch()
        deployed(engine, slow.package, 1)
        wait_until(lambda: champions.is_recorded("cards"), "the slow model is being loaded")
        deployed(engine, world.trees, 2)
        wait_until(lambda: version(champions) == 2, "the other model's new version serves")
        assert champions.of("cards") is None
        assert champions.problems() == ["cards is being loaded."]
        slow.gate.unlink()
        wait_until(lambda: champions.of("cards") is not None, "the slow model serves")
        assert champions.problems() == []
    finally:
        slow.gate.unlink(missing_ok=True)
        champions.stop()


def test_while_the_store_is_away_clients_are_not_told_its_address(world, engine, away, caplog):
    champions = Champions(engine, away, Clients(""))
    champions.start()
    deployed(engine, world.linear, 1)
    wait_until(lambda: version(champions, Unavailable) == 1, "it is not guessed")
    champions.stop()
    assert champions.problems() == ["loans version 1 cannot be used: the evidence store does not answer."]
    assert "loans version 1 cannot be used: AIRLOCK_STORE is s3://" in caplog.text
