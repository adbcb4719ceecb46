"""Answers that a killed task kept and never recorded: cleared away once they are old, and no others."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.chain.retention import Deleting, clear_away
from airlock.governance.batch_answers import KIND
from airlock.store import Store
from tests.airlock.governance.answered import answered

PATIENCE_SECONDS = 60


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def cleared_away(tasks: Engine, store: Store, days: int) -> None:
    """Clear away as the Dag would in so many days."""
    clear_away(Deleting(tasks, store, "retention/1", "retention", datetime.now(UTC) + timedelta(days=days)))


def left_by_a_killed_task(engine: Engine, store: Store) -> str:
    """Keep answers whose record is never committed; return their digest."""
    with engine.connect() as conn:
        return answered(conn, store, ["L1", "L2"]).answers_digest


def someone_waits(engine: Engine) -> bool:
    with engine.connect() as conn:
        return bool(conn.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")).all())


def test_answers_that_no_part_names_go_once_they_are_a_week_old(
    engine: Engine, tasks: Engine, store: Store
) -> None:
    left = left_by_a_killed_task(engine, store)
    with engine.begin() as conn:
        replaced, counts = (answered(conn, store, [key]).answers_digest for key in ("L1", "L2"))
    cleared_away(tasks, store, days=6)
    assert store.has(KIND, left)
    cleared_away(tasks, store, days=8)
    assert not store.has(KIND, left)
    assert store.has(KIND, replaced) and store.has(KIND, counts)


def test_answers_that_a_part_is_recording_again_stay(engine: Engine, tasks: Engine, store: Store) -> None:
    left = left_by_a_killed_task(engine, store)
    with ThreadPoolExecutor(1) as another:
        with engine.begin() as conn:
            assert answered(conn, store, ["L1", "L2"]).answers_digest == left
            clearing = another.submit(cleared_away, tasks, store, days=8)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not someone_waits(engine):
                assert not clearing.done() and time.monotonic() < deadline
                time.sleep(0.02)
        clearing.result()
    assert store.has(KIND, left)
