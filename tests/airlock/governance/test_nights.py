from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from airlock.governance import audit_log, nights
from airlock.governance.nights import Night, breached_since
from tests.airlock.governance.records import MOMENT

FIFTH = date(2026, 3, 5)


@dataclass(frozen=True)
class Found:
    kind: str
    column: str | None


INCOME = Found("drift", "income")
DRIFTED = ({"kind": "drift", "column": "income", "value": 0.8},)
CALM = Night("credit_risk", FIFTH, 1, 250, {"psi": {"income": 0.02}}, (), None, MOMENT)


def watched(conn, day, findings=DRIFTED, model="credit_risk"):
    nights.record(conn, replace(CALM, model=model, night=date(2026, 3, day), findings=findings))


def test_a_night_is_found_as_it_was_recorded(conn):
    nights.record(conn, CALM)
    assert nights.find(conn, "credit_risk", FIFTH) == replace(CALM, findings=[])
    assert nights.find(conn, "credit_risk", FIFTH + timedelta(days=1)) is None


def test_a_repeated_night_replaces_its_record(conn):
    nights.record(conn, CALM)
    nights.record(conn, replace(CALM, rows=9, version=None))
    found = nights.find(conn, "credit_risk", FIFTH)
    assert (found.rows, found.version) == (9, None)


def test_a_measure_that_is_no_number_is_refused(conn):
    with pytest.raises(ValueError, match="not JSON compliant"):
        nights.record(conn, replace(CALM, measures={"psi": float("nan")}))


def test_since_the_first_of_the_nights_in_a_row(conn):
    for day in (2, 3, 4, 5):
        watched(conn, day)
    assert breached_since(conn, "credit_risk", INCOME, FIFTH) == date(2026, 3, 2)


def test_since_this_night_when_it_is_the_first_and_not_yet_recorded(conn):
    assert breached_since(conn, "credit_risk", INCOME, FIFTH) == FIFTH


@pytest.mark.parametrize(
    "between",
    [(), ({"kind": "drift", "column": "amount"},), ({"kind": "missing", "column": "income"},)],
    ids=["a calm night", "another column", "another kind"],
)
def test_a_night_without_the_finding_ends_the_row(conn, between):
    for day in (2, 4, 5):
        watched(conn, day)
    watched(conn, 3, between)
    assert breached_since(conn, "credit_risk", INCOME, FIFTH) == date(2026, 3, 4)


def test_a_night_that_was_not_watched_ends_the_row(conn):
    for day in (2, 4, 5):
        watched(conn, day)
    assert breached_since(conn, "credit_risk", INCOME, FIFTH) == date(2026, 3, 4)


def test_other_models_and_later_nights_do_not_count(conn):
    watched(conn, 4, model="other")
    watched(conn, 6)
    assert breached_since(conn, "credit_risk", INCOME, FIFTH) == FIFTH


def test_a_finding_about_no_column_is_its_own_kind(conn):
    watched(conn, 4, ({"kind": "share", "column": None},))
    assert breached_since(conn, "credit_risk", Found("share", None), FIFTH) == date(2026, 3, 4)


def test_asking_for_a_training_is_in_the_log_once(conn):
    nights.record(conn, CALM)
    for _ in range(2):
        nights.note_asking(conn, "credit_risk", FIFTH, "scheduled__1", cause="income drifted", at=MOMENT)
    (row,) = audit_log.entries(conn)
    assert (row.act, row.actor, row.model) == ("training_asked", "credit_risk.monitor", "credit_risk")
    assert row.run == "credit_risk.monitor/scheduled__1"
    assert row.facts == {"night": "2026-03-05", "cause": "income drifted"}


def test_a_night_that_is_not_recorded_asks_for_nothing(conn):
    nights.note_asking(conn, "credit_risk", FIFTH, "scheduled__1", cause="income drifted", at=MOMENT)
    assert not list(audit_log.entries(conn))
