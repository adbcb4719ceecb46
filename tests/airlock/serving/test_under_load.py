"""Whatever happens under load, every acknowledged answer is in the log once, with its version."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import text

from airlock.governance.grants import SCORING
from airlock.serving.spool.folders import REFUSED
from stack.postgres import Cluster, cluster_of
from stack.secrets import ROLES
from tests.airlock.serving.scoring_api import PASSWORD, ScoringApi, scoring_api, wait_until

ASKERS = 4
PASSWORDS = dict.fromkeys(ROLES, PASSWORD)


@dataclass
class Load:
    """What came of requests that were sent all the time."""

    answered: dict[str, int] = field(default_factory=dict)
    refused: list[httpx.Response] = field(default_factory=list)
    broken: int = 0

    def note(self, reply: httpx.Response) -> None:
        """Take in a reply."""
        if reply.status_code != httpx.codes.OK:
            self.refused.append(reply)
            return
        for one in reply.json()["predictions"]:
            assert one["id"] not in self.answered
            self.answered[one["id"]] = one["version"]


@dataclass(frozen=True)
class Town:
    """A scoring API of two workers on a PostgreSQL that can be stopped."""

    api: ScoringApi
    cluster: Cluster
    rows: list[dict[str, Any]]

    @contextmanager
    def under_load(self) -> Iterator[Load]:
        """Ask all the time until the block ends; what happens in it happens under load."""
        load, done = Load(), Event()

        def ask() -> None:
            for number in range(10**9):
                if done.is_set():
                    return
                try:
                    load.note(self.api.predict(*self.rows[: 1 + number % 3]))
                except httpx.TransportError:
                    load.broken += 1

        with ThreadPoolExecutor(ASKERS) as threads:
            asking = [threads.submit(ask) for _ in range(ASKERS)]
            try:
                more(load)
                yield load
                more(load)
            finally:
                done.set()
            for one in asking:
                one.result()

    def workers(self) -> set[int]:
        """Return the processes that answer."""
        return {one.pid for one in psutil.Process(self.api.process.pid).children() if _is_worker(one)}

    def assert_all_is_logged(self, load: Load) -> None:
        """Hold what was acknowledged against the log."""
        self.api.await_log()
        with self.api.engine.connect() as conn:
            query = text("SELECT id::text, version FROM predictions WHERE id::text = ANY(:ids)")
            kept = [(made, version) for made, version in conn.execute(query, {"ids": list(load.answered)})]
        assert len(kept) == len(load.answered)
        assert dict(kept) == load.answered
        assert not (self.api.spool / REFUSED).exists()


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # it is dead
        return False


def more(load: Load) -> None:
    """Wait until many more were answered."""
    wanted = len(load.answered) + 50
    wait_until(lambda: len(load.answered) >= wanted, "more is answered")


@pytest.fixture(scope="module")
def town(world, migrate, tmp_path_factory) -> Iterator[Town]:
    home: Path = tmp_path_factory.mktemp("town")
    cluster = cluster_of(home)
    try:
        cluster.start(PASSWORDS)
        database = cluster.url("airlock", PASSWORD)
        migrate(database, "upgrade", "head")
        assert PASSWORDS[SCORING] == PASSWORD
        with scoring_api(database, world.store, home, workers=2) as api:
            api.deploy(world.linear, 1)
            wait_until(lambda: api.predict({"features": world.rows[0]}).status_code == 200, "it answers")
            yield Town(api, cluster, [{"features": row} for row in world.rows])
    finally:
        cluster.stop()
        cluster.delete()


def test_a_killed_worker_loses_nothing_that_it_acknowledged(town):
    wait_until(lambda: len(town.workers()) == 2, "both workers run")
    before = town.workers()
    with town.under_load() as load:
        os.kill(min(before), signal.SIGKILL)
        wait_until(lambda: len(town.workers() - before) == 1, "another takes its place")
    assert load.refused == []
    assert load.broken <= ASKERS  # those that it was answering
    town.assert_all_is_logged(load)


def test_a_restart_of_postgresql_loses_no_request(town):
    with town.under_load() as load:
        town.cluster.stop()
        more(load)
        town.cluster.start(PASSWORDS)
        wait_until(lambda: town.api.client.get("/readyz").status_code == 200, "it is ready again")
    assert (load.refused, load.broken) == ([], 0)
    town.assert_all_is_logged(load)


def test_a_deployment_loses_no_request_and_each_answer_says_who_gave_it(town, world):
    with town.under_load() as load:
        town.api.deploy(world.trees, 2)
        wait_until(lambda: 2 in load.answered.values(), "the new version answers")
    assert (load.refused, load.broken) == ([], 0)
    assert set(load.answered.values()) == {1, 2}
    town.assert_all_is_logged(load)
