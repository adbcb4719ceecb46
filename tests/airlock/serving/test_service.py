"""For how long what was proved goes on answering while nobody can say whether it still may."""

import asyncio

import pytest
from sqlalchemy import create_engine, make_url, text

from airlock.serving import champions
from airlock.serving import service as services
from airlock.serving.refusals import Refusal
from airlock.serving.service import Service, running_service
from airlock.store import Store
from tests.airlock.serving.scoring_api import deployed, wait_until


@pytest.fixture
def service(world, engine, airlock_database, tmp_path):
    deployed(engine, world.linear, 1)
    with running_service(airlock_database, Store(world.store), tmp_path / "spool", "0" * 64) as running:
        yield running


@pytest.fixture
def away(airlock_database):
    """PostgreSQL lets nobody in, until the test ends."""
    url = make_url(airlock_database)
    administration = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")

    def allow(yes):
        with administration.connect() as conn:
            conn.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS {yes}"))
            conn.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
                {"name": url.database},
            )

    yield lambda: allow("false")
    allow("true")
    administration.dispose()


def version(service: Service) -> int:
    return asyncio.run(service.serving("loans")).champion.record.version


def test_what_was_proved_answers_while_the_record_cannot_be_read_and_not_for_ever(service, away, monkeypatch):
    assert version(service) == 1
    away()
    wait_until(lambda: bool(service.champions.trouble), "the record cannot be read")
    assert version(service) == 1
    monkeypatch.setattr(champions, "TRUSTED_SECONDS", 0.5)
    wait_until(lambda: not service.champions.are_trusted(), "half a second has gone by")
    with pytest.raises(Refusal, match="may have been rolled back unseen") as refused:
        version(service)
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "10"})


def test_a_log_that_postgresql_does_not_take_is_told(service, away, monkeypatch):
    monkeypatch.setattr(services, "LATE_SECONDS", 0.05)
    assert service.problems() == []
    away()
    wait_until(lambda: bool(service.champions.trouble), "PostgreSQL is away")
    service.spool.append(["no line of the log\n"])
    wait_until(lambda: len(service.problems()) == 2, "the log is late")
    assert "The prediction log waits for PostgreSQL" in service.problems()[-1]
