"""For how long what was proved goes on answering while nobody can say whether it still may."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, make_url, text

from airlock.serving import champions
from airlock.serving import service as services
from airlock.serving.refusals import Refusal
from airlock.serving.service import Service, running_service
from airlock.store import Store
from tests.airlock.serving.scoring_api import PATIENCE, deployed, wait_until


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


def test_requests_for_a_model_that_is_being_loaded_keep_no_thread_and_do_not_wait_for_ever(
    slow, engine, airlock_database, tmp_path, monkeypatch
):
    async def ask(service):
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        monkeypatch.setattr(champions, "LOADING_SECONDS", 0.01)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(Refusal, match="cards is being loaded. Try again later") as refused:
                await service.serving("cards")
        assert refused.value.status == 503
        monkeypatch.setattr(champions, "LOADING_SECONDS", PATIENCE)
        waiting = [asyncio.create_task(service.serving("cards")) for _ in range(3)]
        await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(Refusal, match="No model 'unknown' is deployed"):
                await service.serving("unknown")
        slow.gate.unlink()
        assert {one.champion.record.version for one in await asyncio.gather(*waiting)} == {1}

    with running_service(airlock_database, Store(slow.store), tmp_path / "spool", "0" * 64) as service:
        slow.gate.touch()
        deployed(engine, slow.package, 1)
        try:
            asyncio.run(ask(service))
        finally:
            slow.gate.unlink(missing_ok=True)
