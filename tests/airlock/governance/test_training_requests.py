"""Which night asked for a training is in the audit log once, and read from there."""

from datetime import date

from sqlalchemy.engine import Connection

from airlock.governance import audit_log, nights, training_requests
from airlock.governance.nights import Night
from airlock.governance.training_requests import TrainingRequest
from tests.airlock.governance.records import MOMENT

FIFTH = date(2026, 3, 5)
CALM = Night("credit_risk", FIFTH, 1, 250, {}, (), None, MOMENT)
ASKING = {"by": "dana", "cause": "income drifted", "mode": "refit", "findings": ["column_drift/income"]}


def test_asking_for_a_training_is_in_the_log_once_with_whoever_asked(conn: Connection) -> None:
    nights.record(conn, CALM)
    for _ in range(2):
        training_requests.record(conn, "credit_risk", FIFTH, "scheduled__1", **ASKING, at=MOMENT)
    (row,) = audit_log.entries(conn)
    assert (row.act, row.actor, row.model) == ("training_asked", "dana", "credit_risk")
    assert row.run == "credit_risk.monitor/scheduled__1"
    assert row.facts == {
        "night": "2026-03-05",
        "cause": "income drifted",
        "mode": "refit",
        "findings": ["column_drift/income"],
    }


def test_a_night_that_is_not_recorded_asks_for_nothing(conn: Connection) -> None:
    training_requests.record(conn, "credit_risk", FIFTH, "scheduled__1", **ASKING, at=MOMENT)
    assert not list(audit_log.entries(conn))


def test_requests_are_read_by_night_and_of_one_model(conn: Connection) -> None:
    for model, day in (("credit_risk", 5), ("other", 4), ("credit_risk", 3)):
        night = date(2026, 3, day)
        nights.record(conn, Night(model, night, 1, 250, {}, (), None, MOMENT))
        training_requests.record(conn, model, night, f"run_{day}", **ASKING, at=MOMENT)
    third, fifth = training_requests.requests(conn, "credit_risk")
    assert (third.night, fifth.night) == (date(2026, 3, 3), FIFTH)
    assert fifth == TrainingRequest(
        "credit_risk",
        FIFTH,
        "credit_risk.monitor/run_5",
        "income drifted",
        "refit",
        ("column_drift/income",),
        MOMENT,
    )


def test_a_request_of_before_its_mode_was_kept_is_read_as_a_search(conn: Connection) -> None:
    facts = {"night": "2026-03-05", "cause": "income drifted"}
    audit_log.append(conn, "training_asked", actor="m", at=MOMENT, model="credit_risk", run="r", facts=facts)
    (found,) = training_requests.requests(conn, "credit_risk")
    assert (found.mode, found.findings) == ("search", ())
