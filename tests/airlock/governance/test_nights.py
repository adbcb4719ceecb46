from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from airlock.governance import nights
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


def watched(conn, day, findings=DRIFTED, model="credit_risk", at=MOMENT + timedelta(days=30)):
    night = date(2026, 3, day)
    nights.record(conn, replace(CALM, model=model, night=night, findings=findings, measured_at=at))


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


def test_a_row_of_nights_may_have_gaps_up_to_a_length(conn):
    for day in (1, 3):
        watched(conn, day)
    two = timedelta(days=2)
    assert breached_since(conn, "credit_risk", INCOME, FIFTH, gap=two) == date(2026, 3, 1)
    assert breached_since(conn, "credit_risk", INCOME, date(2026, 3, 6), gap=two) == date(2026, 3, 6)


def test_the_newest_watched_night_of_a_model(conn):
    assert nights.newest(conn, "credit_risk") is None
    for day in (2, 4, 3):
        watched(conn, day)
    watched(conn, 9, model="other")
    assert nights.newest(conn, "credit_risk") == date(2026, 3, 4)


def test_the_newest_watched_night_is_one_that_was_over(conn):
    midnight = datetime(2026, 3, 5, tzinfo=UTC)
    watched(conn, 4, at=midnight)
    watched(conn, 5, at=midnight + timedelta(hours=23, minutes=59))
    assert nights.newest(conn, "credit_risk") == date(2026, 3, 4)


def test_which_version_answered_most_rows_and_when_it_began(conn):
    for day, version, rows in ((1, 1, 100), (2, 1, 100), (3, 2, 300), (4, None, 0)):
        nights.record(conn, replace(CALM, night=date(2026, 3, day), version=version, rows=rows))
    first, last = date(2026, 3, 1), date(2026, 3, 4)
    assert nights.answered_most(conn, "credit_risk", first, last) == 2
    assert nights.answered_most(conn, "credit_risk", first, date(2026, 3, 2)) == 1
    assert nights.answered_most(conn, "credit_risk", last, last) is None
    assert nights.first_answered(conn, "credit_risk", 2) == date(2026, 3, 3)
    assert nights.first_answered(conn, "credit_risk", 3) is None
