"""Shadows are asked and logged after the answer; what does not fit is dropped and counted."""

import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from airlock.governance.challengers import Challenger
from airlock.package.predictor import Predictor
from airlock.package.scorer import Scorer
from airlock.serving.answering import Shadowed
from airlock.serving.asked import Asked
from airlock.serving.shadows import MAX_WAITING_ROWS, Shadows
from airlock.serving.spool.spool import Spool
from airlock.serving.versions import Ready
from tests.airlock.serving.conftest import BREAKS
from tests.airlock.serving.scoring_api import wait_until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def beside(package):
    record = Challenger(
        7, "loans", 2, 2, 2, package.digest, "shadow", 0.0, 1, NOW, NOW, None, None, None
    )  # fmt: skip
    return Ready(record, Scorer.load(package) if package.is_portable else Predictor.load(package))


def rows(count, world, **changes):
    return [
        Asked(uuid.uuid4(), f"L{n}", NOW, {**world.rows[n % len(world.rows)], **changes})
        for n in range(count)
    ]


@pytest.fixture
def spool(engine, tmp_path):
    made = Spool(engine, tmp_path / "spool")
    made.start()
    yield made
    made.stop()


def logged(engine, spool):
    wait_until(lambda: not spool.backlog().bytes, "PostgreSQL has them")
    with engine.connect() as conn:
        return conn.execute(text("SELECT * FROM predictions ORDER BY entity_key")).all()


def test_a_shadow_s_answers_are_paired_with_those_that_were_given(world, engine, spool):
    shadows = Shadows(spool)
    shadows.start()
    asked = rows(8, world)
    shadows.put(Shadowed(beside(world.trees), asked))
    shadows.stop()
    kept = logged(engine, spool)
    assert [(row.purpose, row.version, row.entity_key) for row in kept] == [
        ("shadow", 2, row.entity_key) for row in asked
    ]
    assert [row.run_key for row in kept] == [str(row.id) for row in asked]
    assert not {str(row.id) for row in kept} & {str(row.id) for row in asked}
    assert [(row.score, row.prediction) for row in kept] == world.answers(world.trees)
    assert {row.event_time for row in kept} == {NOW}
    assert shadows.dropped(7) == 0


def test_a_shadow_that_crashes_leaves_a_row_without_a_score(world, rivals, engine, spool):
    shadows = Shadows(spool)
    shadows.start()
    shadows.put(Shadowed(beside(rivals.fragile), rows(3, world, debt=BREAKS)))
    shadows.put(Shadowed(beside(rivals.fragile), rows(2, world, debt=900.0)))
    shadows.stop()
    kept = logged(engine, spool)
    assert sorted((row.score or 0, row.prediction) for row in kept) == [(0, "")] * 3 + [(0.75, "true")] * 2


def test_what_does_not_fit_is_dropped_and_counted_at_once(world, engine, spool):
    shadows = Shadows(spool)  # nothing is taken from its queue, as when a challenger is very slow
    challenger, asked = beside(world.trees), rows(1000, world)
    for _ in range(MAX_WAITING_ROWS // 1000 + 3):
        shadows.put(Shadowed(challenger, asked))
    assert shadows.dropped(7) == 3000
    shadows.start()
    wait_until(lambda: len(logged(engine, spool)) == MAX_WAITING_ROWS, "what waits is asked")
    shadows.put(Shadowed(challenger, asked))
    shadows.stop()
    assert len(logged(engine, spool)) == MAX_WAITING_ROWS + 1000
    assert shadows.dropped(7) == 3000


def test_a_spool_that_is_full_costs_the_rows_and_nothing_else(world, engine, tmp_path):
    full = Spool(engine, tmp_path / "spool", max_bytes=100)
    full.start()
    shadows = Shadows(full)
    shadows.start()
    for counted in (4, 8):
        shadows.put(Shadowed(beside(world.trees), rows(4, world)))
        wait_until(lambda counted=counted: shadows.dropped(7) == counted, "the rows are counted as dropped")
    shadows.stop()
    full.stop()
