"""Killed and scored again: what was finished stays, the rest is done again, and every row is there once."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.chain.scoring import finish
from airlock.store import Store
from tests.airlock.lender import deployed
from tests.airlock.loans import loans
from tests.airlock.packaging import fit_and_build
from tests.airlock.scoring import night
from tests.airlock.scoring.night import AT, IN_THE_FIRST, ROWS

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 120
Start = Callable[[int], subprocess.Popen]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store with a package, and the package's digest."""
    made = tmp_path_factory.mktemp("loans")
    return made, fit_and_build(night.spec(), "trees", loans(), made)[1].digest


@pytest.fixture
def start(folder: tuple[Path, str], airlock_database: str, engine: Engine) -> Iterator[Start]:
    """Score a part of the night in a process of its own."""
    deployed(engine, folder[1])
    planned = night.parts(engine)
    running: list[subprocess.Popen] = []

    def starting(part: int) -> subprocess.Popen:
        told = json.dumps(planned[part - 1].to_json())
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.airlock.scoring.night", airlock_database, str(folder[0]), told],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": "plugins"},
            )
        )
        return running[-1]

    yield starting
    for process in running:
        process.kill()
        process.wait()


def wait_until(fulfilled: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not fulfilled():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


def asked(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(query))]


def waiting(engine: Engine) -> bool:
    """Whether a process waits for something that this test holds."""
    return bool(asked(engine, "SELECT 1 FROM pg_locks WHERE NOT granted"))


@contextmanager
def holding(engine: Engine, what: str) -> Iterator[None]:
    with engine.begin() as conn:
        conn.execute(text(what))
        yield


def recorded(engine: Engine) -> list[tuple[object, ...]]:
    return asked(engine, "SELECT part, rows FROM batches WHERE replaced_at IS NULL ORDER BY part")


def assert_every_row_is_there_once(engine: Engine, folder: Path) -> None:
    store, day = Store(folder / "store"), date(2026, 1, 1)
    assert finish(night.spec(), day, 2, 1, store=store, engine=engine, at=AT) == ROWS
    assert asked(engine, "SELECT count(*), count(DISTINCT entity_key) FROM batch_rows") == [(ROWS, ROWS)]


def test_a_process_killed_in_the_middle_leaves_what_was_finished(
    start: Start, folder: tuple[Path, str], engine: Engine
) -> None:
    assert start(1).wait(PATIENCE_SECONDS) == 0
    staged = folder[0] / "store" / "staging"
    with holding(engine, f"SELECT pg_advisory_xact_lock({night.HELD})"):
        killed = start(2)
        wait_until(lambda: waiting(engine), "the source stands still")
        wait_until(lambda: any(staged.glob("*/*")), "the file of the answers is begun")
        killed.kill()
        assert killed.wait() == -9
    assert recorded(engine) == [(1, IN_THE_FIRST)]
    assert asked(engine, "SELECT count(*) FROM batch_rows") == [(IN_THE_FIRST,)]
    assert start(2).wait(PATIENCE_SECONDS) == 0
    assert_every_row_is_there_once(engine, folder[0])


def test_a_process_killed_before_its_answers_count_is_as_if_it_had_not_been(
    start: Start, folder: tuple[Path, str], engine: Engine
) -> None:
    with holding(engine, "LOCK TABLE batches"):
        killed = start(1)
        wait_until(lambda: waiting(engine), "the answers are about to be recorded")
        killed.kill()
        assert killed.wait() == -9
    wait_until(lambda: not waiting(engine), "the database has let go of who was killed")
    assert recorded(engine) == []
    assert start(1).wait(PATIENCE_SECONDS) == 0
    assert recorded(engine) == [(1, IN_THE_FIRST)]


def test_two_processes_share_a_night(start: Start, folder: tuple[Path, str], engine: Engine) -> None:
    both = [start(1), start(2)]
    assert [one.wait(PATIENCE_SECONDS) for one in both] == [0, 0]
    assert recorded(engine) == [(1, IN_THE_FIRST), (2, ROWS - IN_THE_FIRST)]
    assert_every_row_is_there_once(engine, folder[0])
