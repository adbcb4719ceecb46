"""Any nights can be watched again, in any order, long after: the same measures, findings and digest."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from airlock.chain.watch import AnswersDeleted
from airlock.data.window import night_of
from airlock.digests import digest_of
from airlock.governance import nights, retention
from airlock.governance.nights import Night
from airlock.governance.outcomes import Report, report
from airlock.governance.predictions import PredictionRow
from airlock.governance.tables import deployments
from airlock.governance.tables import nights as nights_table
from airlock.spec import ModelSpec
from tests.airlock.chain.nights import AT, scored, watched
from tests.airlock.governance.records import log
from tests.airlock.lender import ALSO_CALM, CALM, DAY, NOTHING, SHIFTED, Lender, Trained, deployed

NIGHTS = (CALM, ALSO_CALM, SHIFTED, NOTHING)
LATER = AT + timedelta(days=60)


def watched_all(
    lender: Lender, engine: Engine, ends: Iterable[datetime], at: datetime, spec: ModelSpec | None = None
) -> None:
    for end in ends:
        watched(lender, engine, end, spec, at=at)


def blunt(spec: ModelSpec) -> ModelSpec:
    """Return a spec that no night can alert by, and that knows a feature less."""
    said = spec.model_dump(mode="json")
    said["monitoring"]["drift"] |= {"psi": 9, "prediction_psi": 9, "share": 0.99}
    said["monitoring"]["performance"] = None
    said["data"]["columns"]["debt"]["role"] = "ignored"
    return ModelSpec.model_validate(said | {"name": spec.name})


def recorded(engine: Engine) -> dict[datetime, Night]:
    with engine.connect() as conn:
        found = {end: nights.find(conn, "loans", night_of(end).night) for end in NIGHTS}
    assert all(found.values())
    return {end: night for end, night in found.items() if night is not None}


def digests(records: dict[datetime, Night]) -> dict[datetime, str]:
    return {
        end: digest_of({"measures": night.measures, "findings": night.findings})
        for end, night in records.items()
    }


@pytest.fixture
def watched_nights(lender: Lender, trained: Trained, engine: Engine) -> dict[datetime, Night]:
    """Four nights that were watched, one after the other, while version 1 served."""
    deployed(engine, trained.package("linear"))
    with engine.begin() as conn:
        conn.execute(sa.update(deployments).values(deployed_at=CALM - DAY))
    scored(lender, engine, CALM, ALSO_CALM, SHIFTED)
    watched_all(lender, engine, NIGHTS, AT)
    return recorded(engine)


def test_another_champion_another_spec_and_outcomes_that_were_heard_of_since_change_nothing(
    lender: Lender, trained: Trained, engine: Engine, watched_nights: dict[datetime, Night]
) -> None:
    deployed(engine, trained.package("trees"), 2)
    with lender.warehouse.connect() as conn:
        own = sa.text("SELECT loan FROM loans WHERE asked_at >= :start AND asked_at < :end")
        loans = conn.execute(own, {"start": CALM, "end": ALSO_CALM}).scalars().all()
    late = [Report(None, loan, "true", known_at=CALM + timedelta(hours=1)) for loan in loans]
    with engine.begin() as conn:
        report(conn, "loans", late, by="shop", at=LATER)
    watched_all(lender, engine, reversed(NIGHTS), LATER, blunt(lender.spec))
    again = recorded(engine)
    assert digests(again) == digests(watched_nights)
    assert {end: asdict(night) for end, night in again.items()} == {
        end: asdict(night) for end, night in watched_nights.items()
    }


def test_a_night_is_measured_by_the_features_of_the_version_that_answered(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    scored(lender, engine, CALM)
    night = watched(lender, engine, CALM, blunt(lender.spec))
    assert [(one["column"], one["fault"]) for one in night.measures["drift"] if one["column"] == "debt"] == [
        ("debt", None)
    ]
    assert night.measures["suite"]["failed"] == 0


def test_a_silent_night_is_laid_to_what_served_then_and_never_to_what_serves_today(
    lender: Lender, trained: Trained, engine: Engine, watched_nights: dict[datetime, Night]
) -> None:
    deployed(engine, trained.package("trees"), 2)
    with engine.begin() as conn:
        conn.execute(sa.delete(nights_table).where(nights_table.c.night == night_of(NOTHING).night))
    assert watched(lender, engine, NOTHING, at=LATER).version == watched_nights[NOTHING].version == 1


def test_before_anything_served_a_silent_night_is_laid_to_the_first_version(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    deployed(engine, trained.package("trees"), 2)
    assert watched(lender, engine, NOTHING, at=LATER).version == 1


@pytest.mark.parametrize("ago", [timedelta(hours=12), timedelta(days=3)])
def test_a_night_whose_answers_or_whose_cohorts_are_deleted_is_not_measured_again(
    lender: Lender, trained: Trained, engine: Engine, ago: timedelta
) -> None:
    deployed(engine, trained.package("linear"))
    watched(lender, engine, SHIFTED)
    answer_deleted(engine, SHIFTED - ago)
    with pytest.raises(AnswersDeleted, match="What was recorded of the night stays"):
        watched(lender, engine, SHIFTED, at=LATER)


def test_a_night_of_the_past_whose_answers_are_deleted_is_not_measured_at_all(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    answer_deleted(engine, CALM)
    watched(lender, engine, SHIFTED, at=datetime.now(UTC) + DAY)
    with pytest.raises(AnswersDeleted, match="the night 2026-01-10"):
        watched(lender, engine, ALSO_CALM)


def test_no_deletion_stops_a_night_that_is_new_or_was_measured_after_it(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    watched(lender, engine, CALM)
    answer_deleted(engine, CALM - DAY, datetime(2099, 1, 1, tzinfo=UTC))
    now = datetime.now(UTC) + timedelta(minutes=1)
    night = watched(lender, engine, SHIFTED, at=now)
    assert watched(lender, engine, SHIFTED, at=now + DAY) == night


def answer_deleted(engine: Engine, *events: datetime) -> None:
    """Let retention delete answers that were given long ago about these moments."""
    given = datetime.now(UTC) - timedelta(days=400)
    numbers = [uuid.uuid4() for _ in events]
    with engine.begin() as conn:
        for number, moment in zip(numbers, events, strict=True):
            said = (number, "loans", 1, "api", "decision", "L1", {"income": 1.0}, 0.7, "true", None)
            log(conn, [PredictionRow(*said, event_time=moment, scored_at=given)])
        retention.delete_answers(conn, "loans", numbers, run="retention/1", at=LATER)
