"""Hours: each request is counted once in PostgreSQL, whether or not it is there when a worker writes."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.governance.api_hours import ApiHour
from airlock.governance.engine import connect
from airlock.governance.grants import SCORING
from airlock.serving import hours
from airlock.serving.hours import SUFFIX, Hours
from tests.airlock.database_roles import as_role
from tests.airlock.serving.conftest import World
from tests.airlock.serving.scoring_api import ScoringApi, scoring_api, wait_until

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUMS = "SELECT model, sum(requests), sum(failures), sum(refusals) FROM api_hours GROUP BY 1 ORDER BY 1"
Start = Callable[[], Hours]


@pytest.fixture
def start(airlock_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start counting as the API's role does, in one folder; it writes only at the start and at the end."""
    monkeypatch.setattr(hours.time, "time", NOON.timestamp)
    engine = connect(as_role(SCORING, airlock_database))

    def starting() -> Hours:
        made = Hours(engine, tmp_path)
        made.start()
        return made

    yield starting
    engine.dispose()


def sums(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(SUMS))]


def left(folder: Path) -> list[Path]:
    return list(folder.glob(f"*{SUFFIX}"))


def test_requests_are_counted_by_what_came_of_them(start: Start, engine: Engine) -> None:
    counting = start()
    for status, seconds in ((200, 0.0004), (200, 0.001), (200, 0.0011), (422, 0.2), (503, 99.0)):
        counting.add("loans", status, seconds)
    counting.stop()
    assert sums(engine) == [("loans", 5, 1, 1)]
    with engine.connect() as conn:
        hour, buckets = conn.execute(text("SELECT hour, buckets FROM api_hours")).one()
    assert hour == NOON
    assert buckets == [1, 1, 1, *[0] * 11, 1]


def test_threads_lose_nothing(start: Start, engine: Engine) -> None:
    counting = start()
    with ThreadPoolExecutor(4) as threads:
        for _ in range(4):
            threads.submit(lambda: [counting.add("loans", 200, 0.01) for _ in range(500)])
    counting.stop()
    assert sums(engine) == [("loans", 2000, 0, 0)]


def test_each_minute_it_writes_what_came_since(
    start: Start, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hours, "EVERY_SECONDS", 0.02)
    counting = start()
    for count in (1, 2):
        counting.add("loans", 200, 0.01)
        wait_until(lambda count=count: sums(engine) == [("loans", count, 0, 0)], "it is written")
    counting.stop()
    assert sums(engine) == [("loans", 2, 0, 0)]


def test_another_hour_is_another_row(start: Start, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = start()
    counting.add("loans", 200, 0.01)
    monkeypatch.setattr(hours.time, "time", (NOON + timedelta(hours=1)).timestamp)
    counting.add("loans", 200, 0.01)
    counting.stop()
    with engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM api_hours")).scalar_one() == 2


def test_hours_long_over_are_forgotten_once_they_are_written(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hours, "EVERY_SECONDS", 0.02)
    counting = start()
    counting.add("loans", 200, 0.01)
    monkeypatch.setattr(hours.time, "time", (NOON + timedelta(hours=hours.REMEMBERED + 1)).timestamp)
    wait_until(lambda: not counting._counts, "it is forgotten")
    counting.stop()


def test_while_postgresql_is_away_the_counts_wait(
    start: Start, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hours, "EVERY_SECONDS", 0.02)
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE api_hours RENAME TO away"))
    counting = start()
    counting.add("loans", 200, 0.01)
    wait_until(lambda: counting._failing, "it was tried")
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE away RENAME TO api_hours"))
    wait_until(lambda: sums(engine) == [("loans", 1, 0, 0)], "it is written")
    counting.stop()
    assert left(tmp_path) == []


def test_what_waits_at_the_end_is_written_by_the_next_process(
    start: Start, engine: Engine, tmp_path: Path
) -> None:
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE api_hours RENAME TO away"))
    ending = start()
    ending.add("loans", 200, 0.01)
    ending.stop()
    assert len(left(tmp_path)) == 1
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE away RENAME TO api_hours"))
    start().stop()
    assert sums(engine) == [("loans", 1, 0, 0)]
    assert left(tmp_path) == []


@pytest.mark.parametrize("left_behind", ["torn", "[1]", '[{"hour": "never"}]', "OTHER_BOUNDS"])
def test_what_can_never_be_written_is_set_aside_and_keeps_nothing_else_away(
    start: Start, engine: Engine, tmp_path: Path, left_behind: str
) -> None:
    if left_behind == "OTHER_BOUNDS":
        fewer = ApiHour("loans", NOON, uuid4(), 1, 0, 0, [1, 0])
        left_behind = json.dumps([asdict(fewer)], default=str)
    (tmp_path / f"old{SUFFIX}").write_text(left_behind)
    counting = start()
    counting.add("loans", 200, 0.01)
    counting.stop()
    assert sums(engine) == [("loans", 1, 0, 0)]
    assert [file.name for file in tmp_path.iterdir()] == [f"old{hours.REFUSED}"]


def test_an_api_counts_what_it_is_asked_for_decisions(
    world: World, airlock_database: str, tmp_path: Path
) -> None:
    with scoring_api(airlock_database, world.store, tmp_path) as running:
        running.deploy(world.linear, 1)
        wait_until(lambda: running.client.get("/readyz").is_success, "it is ready")
        assert running.predict({"features": world.rows[0]}).is_success
        assert running.predict({"features": {}}).status_code == 422
        running.client.get("/v1/models/loans")
        running.client.post("/v1/models/made_up/predict", json={"rows": [{"features": {}}]})
        _end(running)
        assert sums(running.engine) == [("loans", 2, 0, 1)]


def _end(running: ScoringApi) -> None:
    running.process.terminate()
    running.process.wait(timeout=30)
