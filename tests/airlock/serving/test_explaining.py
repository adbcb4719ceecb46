"""Explaining takes turns, keeps few versions loaded, and says when it cannot."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import Engine

from airlock.governance import retention
from airlock.governance.engine import connect
from airlock.governance.grants import SCORING
from airlock.governance.predictions import PredictionRow
from airlock.serving import accounts
from airlock.serving import explaining as explaining_module
from airlock.serving.accounts import Explainers
from airlock.serving.explaining import Explaining
from airlock.serving.refusals import Refusal
from airlock.store import Store
from airlock.store.bucket_store import BucketStore
from tests.airlock.database_roles import as_role
from tests.airlock.governance.records import log
from tests.airlock.serving.conftest import World
from tests.airlock.serving.scoring_api import deployed


def test_too_many_explanations_at_once_are_refused(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = deployed(engine, world.linear, 1)
    explaining = Explaining(engine, Store(world.store))
    (told,) = asyncio.run(explaining.explain(deployment, [world.rows[0]]))
    assert told.about == "the probability of true"
    monkeypatch.setattr(explaining_module, "MOST_WAITING", 0)
    with pytest.raises(Refusal, match="Too many explanations are asked for at once") as refused:
        asyncio.run(explaining.explain(deployment, [world.rows[0]]))
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "2"})
    explaining.stop()


def test_few_versions_stay_loaded(world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "KEPT", 1)
    explainers = Explainers(Store(world.store))
    with engine.connect() as conn:
        first = explainers.of(conn, "loans", world.linear.digest, 1)
        assert explainers.of(conn, "loans", world.linear.digest, 1) is first
        explainers.of(conn, "loans", world.trees.digest, 2)
        assert explainers.of(conn, "loans", world.linear.digest, 1) is not first


def test_while_postgresql_is_away_nothing_is_looked_up(world: World, engine: Engine) -> None:
    gone = engine.url.set(database="nothing_of_this_name")
    explaining = Explaining(connect(gone.render_as_string(hide_password=False)), Store(world.store))
    with pytest.raises(Refusal, match="PostgreSQL cannot be reached") as refused:
        asyncio.run(explaining.found(uuid.uuid4()))
    assert refused.value.status == httpx.codes.SERVICE_UNAVAILABLE
    explaining.stop()


def test_while_the_store_is_away_nothing_is_said_and_its_address_reaches_no_client(
    world: World, engine: Engine, away: BucketStore, caplog: pytest.LogCaptureFixture
) -> None:
    deployment, at = deployed(engine, world.linear, 1), datetime.now(UTC)
    said = (uuid.uuid4(), "loans", 1, "api", "decision", "L1", world.rows[0], 0.7, "true", None)
    decision = PredictionRow(*said, event_time=at, scored_at=at)
    explaining = Explaining(engine, away)
    for asked in (explaining.explain(deployment, [world.rows[0]]), explaining.account(decision)):
        with pytest.raises(Refusal) as refused:
            asyncio.run(asked)
        told = (refused.value.status, str(refused.value), refused.value.headers)
        assert told == (503, "The evidence store does not answer. Try again later.", {"Retry-After": "2"})
    assert caplog.text.count("AIRLOCK_STORE is s3://") == 2
    explaining.stop()


def test_an_id_that_the_api_never_gives_is_not_waited_for(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining_module, "LOOKS", (1000.0,))
    explaining = Explaining(engine, Store(world.store))
    with pytest.raises(Refusal, match="No decision 00000000-0000-0000-0000-000000000007 is on record"):
        asyncio.run(asyncio.wait_for(explaining.found(uuid.UUID(int=7)), 60))
    explaining.stop()


def test_who_asks_for_a_deleted_decision_is_told_that_it_is_gone(engine: Engine, tmp_path: Path) -> None:
    number, given = uuid.uuid4(), datetime.now(UTC) - timedelta(days=400)
    said = (number, "loans", 1, "api", "decision", "L1", {"income": 1.0}, 0.7, "true", None)
    with engine.begin() as conn:
        log(conn, [PredictionRow(*said, event_time=given, scored_at=given)])
        retention.delete_answers(conn, "loans", [number], run="retention/1", at=datetime.now(UTC))
    explaining = Explaining(
        connect(as_role(SCORING, engine.url.render_as_string(hide_password=False))), Store(tmp_path)
    )
    with pytest.raises(Refusal, match="was deleted by retention on") as refused:
        asyncio.run(explaining.found(number))
    assert refused.value.status == httpx.codes.GONE
    explaining.stop()
