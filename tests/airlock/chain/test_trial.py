"""One look at a challenger: what the log says of it decides, and is recorded once."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from airlock.chain.trial import Look, Place, look
from airlock.governance import challengers, deployments
from airlock.governance.challengers import Challenger
from airlock.governance.predictions import PredictionRow
from airlock.governance.records import RecordError
from airlock.package.labels import label_of
from airlock.spec import ModelSpec
from airlock.spec.deployment import Deployment
from airlock.store import StoreError
from tests.airlock.governance.records import MOMENT, approved_release, log, register
from tests.airlock.lender import CALM, DAY, Lender

NOBODY = "http://127.0.0.1:9"  # the discard port: no scoring API
SOON = MOMENT + timedelta(minutes=5)
Start = Callable[..., Challenger]
Answered = Callable[..., None]


def spec_of(lender: Lender, way: str, **trial: Any) -> ModelSpec:
    asked = {"rows": 20, "difference": 0.3, "within": "7d"} | trial
    deployment = Deployment.model_validate({"way": way, "trial": asked})
    return lender.spec.model_copy(update={"deployment": deployment})


@pytest.fixture
def place(lender: Lender, engine: Engine) -> Place:
    return Place(engine, lender.store, lender.models, lender.connect, NOBODY)


@pytest.fixture
def start(engine: Engine) -> Start:
    """Start version 2 beside version 1."""

    def started(way: Any, share: float) -> Challenger:
        with engine.begin() as conn:
            first = register(conn, model="loans", version=1)
            deployments.deploy(conn, approved_release(conn, first), first, MOMENT)
            second = register(conn, model="loans", version=2)
            release = approved_release(conn, second, way=way)
            return challengers.start(conn, release, second, share=share, at=MOMENT)

    return started


@pytest.fixture
def answered(engine: Engine) -> Answered:
    """Write answers into the log."""

    def write(version: int, predictions: list[str], *, keys: list[str] | None = None, **more: Any) -> None:
        made = keys or [f"{version}-{uuid.uuid4()}" for _ in predictions]
        facts: dict[str, Any] = {
            "model": "loans",
            "version": version,
            "source": "api",
            "purpose": "decision",
            "features": {},
            "score": 0.5,
            "run_key": None,
            "event_time": CALM - DAY,
            "scored_at": MOMENT + timedelta(minutes=1),
        }
        rows = [
            PredictionRow(id=uuid.uuid4(), entity_key=key, prediction=said, **facts | more)
            for key, said in zip(made, predictions, strict=True)
        ]
        with engine.begin() as conn:
            log(conn, rows)

    return write


def seen(spec: ModelSpec, challenger: Challenger, place: Place, at: datetime = SOON) -> Look:
    """Look twice at the same moment: the second look finds what the first one recorded."""
    first = look(spec, challenger.release_id, place, at=at)
    if first.challenger.ended_at:
        assert look(spec, challenger.release_id, place, at=at).challenger == first.challenger
    return first


def test_a_canary_that_answers_like_the_champion_passes(
    lender: Lender, place: Place, start: Start, answered: Answered
) -> None:
    spec, challenger = spec_of(lender, "canary", shares=[0.5]), start("canary", 0.5)
    assert seen(spec, challenger, place).challenger.ended_at is None
    answered(1, ["true"] * 10 + ["false"] * 20)
    answered(2, ["true"] * 8 + ["false"] * 14)
    ended = seen(spec, challenger, place).challenger
    assert (ended.outcome, ended.ended_at) == ("passed", SOON)
    assert "It failed on 0 of 22 rows" in str(ended.ended_because)


def test_failures_end_it_before_the_rows_are_there(
    lender: Lender, place: Place, start: Start, answered: Answered
) -> None:
    spec, challenger = spec_of(lender, "canary"), start("canary", 0.1)
    answered(2, ["true"] * 3)
    answered(2, [""] * 2, score=None, purpose="shadow")
    ended = seen(spec, challenger, place).challenger
    assert (ended.outcome, ended.ended_because) == ("broke", "It failed on 2 of 5 rows (at most 1.00%).")


def test_the_next_share_needs_the_smoke_test(
    lender: Lender, place: Place, start: Start, answered: Answered
) -> None:
    spec, challenger = spec_of(lender, "canary", shares=[0.2, 0.5]), start("canary", 0.2)
    answered(1, ["true"] * 30)
    answered(2, ["true"] * 30)
    with pytest.raises(StoreError):  # there is no package to take the examples from
        look(spec, challenger.release_id, place, at=SOON)
    with place.engine.connect() as conn:
        kept = challengers.of_release(conn, challenger.release_id)
    assert kept == challenger


def test_no_verdict_in_time_is_undecided(
    lender: Lender, place: Place, start: Start, answered: Answered
) -> None:
    spec, challenger = spec_of(lender, "canary", within="2d"), start("canary", 0.1)
    answered(2, ["true"])
    assert seen(spec, challenger, place, MOMENT + timedelta(hours=47)).challenger.ended_at is None
    ended = seen(spec, challenger, place, MOMENT + timedelta(days=2)).challenger
    assert ended.outcome == "undecided"
    assert str(ended.ended_because).startswith("No verdict within 2d.")


def test_a_way_that_was_edited_meanwhile_stops_it(lender: Lender, place: Place, start: Start) -> None:
    ended = seen(spec_of(lender, "shadow"), start("canary", 0.1), place).challenger
    assert ended.outcome == "stopped"
    assert "It ran as canary, and model.yaml says way: shadow now." in str(ended.ended_because)


def test_what_somebody_else_ended_stays_as_it_is(lender: Lender, place: Place, start: Start) -> None:
    challenger = start("canary", 0.1)
    with place.engine.begin() as conn:
        ended = challengers.end(conn, challenger, outcome="stopped", because="A rollback.", at=SOON)
    assert seen(spec_of(lender, "canary"), challenger, place, MOMENT + 30 * DAY).challenger == ended


def test_a_release_without_a_challenger_is_told(lender: Lender, place: Place) -> None:
    with pytest.raises(RecordError, match="has started no challenger"):
        look(spec_of(lender, "canary"), 77, place, at=SOON)


@pytest.mark.parametrize("changed, outcome", [(2, "passed"), (15, "broke")])
def test_a_shadow_is_judged_on_the_champions_rows(
    lender: Lender, place: Place, start: Start, engine: Engine, changed: int, outcome: str
) -> None:
    spec, challenger = spec_of(lender, "shadow"), start("shadow", 0.0)
    with engine.begin() as conn:
        for number in range(20):
            told = uuid.uuid4()
            said = "false" if number < changed else "true"
            for version, of, answer in ((1, told, "true"), (2, uuid.uuid4(), said)):
                purpose: Any = "decision" if version == 1 else "shadow"
                key = None if version == 1 else str(told)
                facts: dict[str, Any] = {"source": "api", "entity_key": f"loan {number}", "features": {}}
                moments = {"event_time": MOMENT, "scored_at": MOMENT + timedelta(minutes=1)}
                row = PredictionRow(
                    id=of, model="loans", version=version, purpose=purpose, score=0.5, prediction=answer,
                    run_key=key, **facts, **moments,
                )  # fmt: skip
                log(conn, [row])
    assert seen(spec, challenger, place).challenger.outcome == outcome


def outcomes_of(lender: Lender, number: int) -> list[tuple[str, str]]:
    """Return loans whose outcome is known, with what happened."""
    query = sa.text(
        "SELECT loan, defaulted FROM loans WHERE asked_at < :end AND asked_at >= :start "
        "AND defaulted IS NOT NULL ORDER BY loan LIMIT :number"
    )
    with lender.warehouse.connect() as conn:
        rows = conn.execute(query, {"start": CALM - DAY, "end": CALM, "number": number})
        return [(str(row.loan), label_of(row.defaulted)) for row in rows]


@pytest.mark.parametrize("right, outcome", [(2, "passed"), (1, "broke"), (None, None)])
def test_outcomes_decide_an_ab_test(
    lender: Lender, place: Place, start: Start, answered: Answered, right: int | None, outcome: str | None
) -> None:
    spec, challenger = spec_of(lender, "ab", difference=1.0, rows=30), start("ab", 0.5)
    known = outcomes_of(lender, 160)
    assert len(known) == 160
    other = {"true": "false", "false": "true"}
    for version, loans in ((1, known[:80]), (2, known[80:])):
        # Where nobody is better, each is right on every second loan.
        said = [
            happened if right == version or (right is None and place_ % 2) else other[happened]
            for place_, (_, happened) in enumerate(loans)
        ]
        answered(version, said, keys=[key for key, _ in loans])
    ended = seen(spec, challenger, place).challenger
    assert ended.outcome == outcome


def test_outcomes_that_have_had_no_time_to_arrive_decide_nothing(
    lender: Lender, place: Place, start: Start, answered: Answered
) -> None:
    spec, challenger = spec_of(lender, "ab", difference=1.0, rows=20), start("ab", 0.5)
    known = outcomes_of(lender, 80)
    answered(1, ["true"] * 40, keys=[key for key, _ in known[:40]], event_time=SOON - timedelta(hours=1))
    answered(2, ["true"] * 40, keys=[key for key, _ in known[40:]], event_time=SOON - timedelta(hours=1))
    found = seen(spec, challenger, place)
    assert found.challenger.ended_at is None
    assert "0 of 20 outcomes of the champion" in found.sentence


@pytest.fixture
def without_source(place: Place, tmp_path: Path) -> Place:
    """The place of a trial whose source does not answer: nobody listens on its socket."""
    return replace(
        place, connect=lambda name: sa.create_engine(f"postgresql+psycopg2:///none?host={tmp_path}")
    )


def test_a_source_that_is_away_costs_an_ab_test_one_look(
    lender: Lender, without_source: Place, start: Start, answered: Answered
) -> None:
    spec, challenger = spec_of(lender, "ab", rows=30, within="5d"), start("ab", 0.5)
    for version, known in enumerate((outcomes_of(lender, 80)[:40], outcomes_of(lender, 80)[40:]), 1):
        answered(version, ["true"] * 40, keys=[key for key, _ in known])
    missed = seen(spec, challenger, without_source)
    assert missed.challenger == challenger
    assert "the query on the connection 'warehouse' failed: connection to server" in missed.sentence
    ended = seen(spec, challenger, without_source, MOMENT + timedelta(days=5)).challenger
    assert ended.outcome == "undecided"
    assert "'warehouse' failed" in str(ended.ended_because)


def test_failures_end_an_ab_test_whose_source_is_away(
    lender: Lender, without_source: Place, start: Start, answered: Answered
) -> None:
    spec, challenger = spec_of(lender, "ab"), start("ab", 0.5)
    answered(2, [""] * 20, score=None, purpose="shadow")
    answered(2, ["true"])
    assert seen(spec, challenger, without_source).challenger.outcome == "broke"
