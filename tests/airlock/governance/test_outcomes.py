"""Outcomes that applications report: the newest about each thing counts, once it is known."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from airlock.governance.outcomes import Report, report, reported, unknown_decisions
from airlock.governance.predictions import PredictionRow
from tests.airlock.governance.records import MOMENT, log

HOUR = timedelta(hours=1)
LOGGED, UNKEYED, ELSEWHERE = (uuid.UUID(int=number) for number in (1, 2, 3))


def decided(conn: Connection, decision: uuid.UUID, entity_key: str | None, **changes: Any) -> None:
    facts: dict[str, Any] = {
        "model": "loans",
        "version": 3,
        "source": "api",
        "purpose": "decision",
        "features": {},
        "score": 0.25,
        "prediction": "false",
        "run_key": None,
        "event_time": MOMENT,
        "scored_at": MOMENT,
    }
    log(conn, [PredictionRow(id=decision, entity_key=entity_key, **facts | changes)])


def of(entity_key: str, outcome: str, known_at: datetime = MOMENT) -> Report:
    return Report(None, entity_key, outcome, known_at)


def tell(conn: Connection, *reports: Report, model: str = "loans") -> None:
    report(conn, model, reports, by="shop", at=MOMENT)


def test_what_is_reported_is_known_by_its_entity(conn: Connection) -> None:
    tell(conn, of("a-1", "true"), of("a-2", "false"))
    tell(conn, of("a-1", "false"), model="churn")
    assert reported(conn, "loans", as_of=MOMENT) == {"a-1": "true", "a-2": "false"}


def test_a_report_about_a_decision_is_about_its_entity_or_else_about_itself(conn: Connection) -> None:
    decided(conn, LOGGED, "a-1")
    decided(conn, UNKEYED, None)
    tell(conn, Report(LOGGED, None, "true", MOMENT), Report(UNKEYED, None, "false", MOMENT))
    assert reported(conn, "loans", as_of=MOMENT) == {"a-1": "true", str(UNKEYED): "false"}


def test_the_newest_report_counts_whichever_way_it_names_the_entity(conn: Connection) -> None:
    decided(conn, LOGGED, "a-1")
    tell(conn, of("a-1", "true"))
    tell(conn, Report(LOGGED, None, "false", MOMENT))
    assert reported(conn, "loans", as_of=MOMENT) == {"a-1": "false"}
    tell(conn, of("a-1", "true"))
    assert reported(conn, "loans", as_of=MOMENT) == {"a-1": "true"}


def test_what_becomes_known_later_does_not_exist_yet(conn: Connection) -> None:
    tell(conn, of("a-1", "true"), of("a-1", "false", MOMENT + HOUR), of("a-2", "true", MOMENT + HOUR))
    assert reported(conn, "loans", as_of=MOMENT) == {"a-1": "true"}
    assert reported(conn, "loans", as_of=MOMENT + HOUR) == {"a-1": "false", "a-2": "true"}


def test_what_was_known_before_is_about_something_else(conn: Connection) -> None:
    tell(conn, of("a-1", "true", MOMENT - HOUR), of("a-2", "true"))
    assert reported(conn, "loans", as_of=MOMENT, since=MOMENT) == {"a-2": "true"}


def test_decisions_of_the_model_alone_are_known(conn: Connection) -> None:
    decided(conn, LOGGED, "a-1")
    decided(conn, UNKEYED, None, purpose="smoke_test")
    decided(conn, ELSEWHERE, None, model="churn")
    assert unknown_decisions(conn, "loans", [LOGGED, UNKEYED, ELSEWHERE]) == {UNKEYED, ELSEWHERE}
    assert unknown_decisions(conn, "loans", []) == set()
