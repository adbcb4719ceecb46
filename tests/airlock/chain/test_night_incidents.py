"""Nights open incidents, find them again, tell what got worse, and close them when they are calm."""

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.chain.night_incidents import (
    Look,
    blocking,
    link_training,
    news,
    note_night,
    settle_by_hand,
    told_by,
)
from airlock.governance import incident_events, incidents, nights, notices
from airlock.governance.incidents import Incident
from airlock.governance.nights import Night
from airlock.governance.records import RecordError
from airlock.monitoring.finding import Finding
from airlock.triage.cause import Cause
from tests.airlock.loans import loan_spec

FIRST = date(2026, 1, 11)
DAY = timedelta(days=1)
AT = datetime(2026, 1, 20, tzinfo=UTC)
SPEC = loan_spec()
MEASURED: dict[str, Any] = {"suite": {"checks": 3, "failed": 0}, "performance": {"metrics": {"roc_auc": 0.7}}}


def drift(column: str = "debt", psi: float = 0.4) -> Finding:
    return Finding("column_drift", column, psi, 0.25, f"{column} has shifted.", f"column_drift/{column}")


WRONG = Finding("suite", "income", None, None, "Income is in cents.", "suite/income/range", fault=True)
SILENT = Finding("no_predictions", None, 0.0, None, "No prediction.", "no_predictions", fault=True)
POOR = Finding("performance", "roc_auc", 0.58, 0.6, "roc_auc is 0.58.", "performance/roc_auc")


def watched(
    engine: Engine,
    *findings: Finding,
    night: date = FIRST,
    rows: int = 240,
    owner: str | None = "dana",
    **seen: Any,
) -> tuple[Incident, ...]:
    """Record a night and note it, as a run of the monitor does."""
    found = [finding.to_json() for finding in findings]
    made = Night("loans", night, 1, rows, MEASURED | seen, found, None, AT)
    with engine.begin() as conn:
        nights.record(conn, made)
    return note_night(SPEC, made, Look(f"loans.monitor/{night}", evening(night), owner), engine)


def evening(night: date) -> datetime:
    return datetime.combine(night, time(23), UTC)


def told(engine: Engine, night: date = FIRST, model: str = "loans") -> None:
    """Let a mail about a night go out, as the alert does."""
    key, at = f"{told_by(model)}{night}/1", evening(night)
    notices.send_once(engine, key=key, recipients=["a@b.example"], subject="", send=lambda: None, at=at)


def brought(engine: Engine, night: date = FIRST) -> list[str]:
    with engine.connect() as conn:
        recorded = nights.find(conn, "loans", night)
        assert recorded
        return [event.event for event in news(conn, recorded)]


def open_keys(engine: Engine) -> list[str]:
    with engine.connect() as conn:
        return [incident.key for incident in incidents.open_ones(conn, "loans")]


def events(engine: Engine, incident: Incident) -> list[str]:
    with engine.connect() as conn:
        return [event.event for event in incident_events.timeline(conn, incident.id)]


def settled(engine: Engine, incident: Incident) -> None:
    with engine.begin() as conn:
        settle_by_hand(conn, incident.id, by="mika", because="We know.", at=AT, run="incident/1")


def test_a_night_opens_one_incident_for_each_matter_and_gives_it_to_the_owner(engine: Engine) -> None:
    made = watched(engine, drift("debt"), drift("housing"), WRONG, POOR)
    assert {incident.key: incident.kind for incident in made} == {
        "night/loans/drift": "drift",
        "night/loans/data/income": "data",
        "night/loans/performance": "performance",
    }
    assert made[0].sentence == "debt has shifted. housing has shifted."
    assert events(engine, made[0]) == ["opened", "assigned"]
    assert brought(engine) == ["opened"] * 3


def test_without_a_known_owner_it_is_nobody_s(engine: Engine) -> None:
    (incident,) = watched(engine, WRONG, owner=None)
    assert events(engine, incident) == ["opened"]


def test_a_calm_night_opens_nothing(engine: Engine) -> None:
    assert watched(engine) == ()
    assert open_keys(engine) == [] and brought(engine) == []


def test_found_again_it_is_the_same_and_no_news(engine: Engine) -> None:
    (first,) = watched(engine, drift())
    told(engine)
    assert watched(engine, drift(), night=FIRST + DAY) == (first,)
    assert events(engine, first) == ["opened", "assigned", "seen_again"]
    assert brought(engine, FIRST + DAY) == []


def test_measuring_a_night_again_changes_nothing(engine: Engine) -> None:
    (first,) = watched(engine, drift(), WRONG)[:1]
    before = brought(engine)
    assert watched(engine, drift(), WRONG)[0] == first
    assert events(engine, first) == ["opened", "assigned"] and brought(engine) == before


@pytest.mark.parametrize(
    "now", [(drift(psi=0.9),), (drift(), drift("housing"))], ids=["twice as far", "another column"]
)
def test_what_got_much_worse_is_news_once(engine: Engine, now: Sequence[Finding]) -> None:
    (first,) = watched(engine, drift())
    for ahead in (1, 2):
        watched(engine, *now, night=FIRST + ahead * DAY)
        told(engine, FIRST + ahead * DAY)
    assert brought(engine, FIRST + DAY) == ["worsened"]
    assert brought(engine, FIRST + 2 * DAY) == []
    assert events(engine, first)[-3:] == ["seen_again", "worsened", "seen_again"]


def test_a_figure_that_sank_and_rose_again_is_no_news(engine: Engine) -> None:
    watched(engine, drift(psi=1.5))
    watched(engine, drift(psi=0.3), drift("housing"), night=FIRST + DAY)
    told(engine, FIRST + DAY)
    watched(engine, drift(psi=1.5), drift("housing"), night=FIRST + 2 * DAY)
    assert (brought(engine, FIRST + DAY), brought(engine, FIRST + 2 * DAY)) == (["worsened"], [])


def test_what_no_mail_could_tell_the_next_night_tells(engine: Engine) -> None:
    watched(engine, drift())
    told(engine, FIRST + DAY, model="other")
    watched(engine, drift(), night=FIRST + DAY)
    assert brought(engine, FIRST + DAY) == ["opened"]
    told(engine, FIRST + DAY)
    assert brought(engine, FIRST + DAY) == []


def test_what_is_gone_before_it_was_told_is_not_told(engine: Engine) -> None:
    watched(engine, drift())
    watched(engine, night=FIRST + DAY)
    assert brought(engine, FIRST + DAY) == []


def test_a_calm_night_closes_it_and_what_comes_back_is_new(engine: Engine) -> None:
    (first,) = watched(engine, drift())
    watched(engine, night=FIRST + DAY)
    assert open_keys(engine) == [] and events(engine, first)[-1] == "recovered"
    (again,) = watched(engine, drift(), night=FIRST + 2 * DAY)
    assert again.id != first.id and brought(engine, FIRST + 2 * DAY) == ["opened"]


@pytest.mark.parametrize(
    ("finding", "night"),
    [
        (drift(), {"rows": 10}),
        (drift(), {"rows": 0}),
        (WRONG, {"rows": 0, "suite": None}),
        (WRONG, {"suite": None}),
        (POOR, {"performance": None}),
        (POOR, {"performance": {"metrics": None}}),
        (SILENT, {"rows": 0}),
    ],
    ids=["few rows", "no rows", "no rows, no suite", "no suite", "no outcomes due", "too few", "none again"],
)
def test_a_night_that_could_not_show_it_proves_no_recovery(
    engine: Engine, finding: Finding, night: dict[str, Any]
) -> None:
    watched(engine, finding)
    before = open_keys(engine)
    watched(engine, night=FIRST + DAY, **night)
    assert open_keys(engine) == before != []


def test_drift_does_not_recover_while_data_are_at_fault(engine: Engine) -> None:
    watched(engine, drift())
    watched(engine, WRONG, night=FIRST + DAY)
    assert open_keys(engine) == ["night/loans/drift", "night/loans/data/income"]
    watched(engine, night=FIRST + 2 * DAY)
    assert open_keys(engine) == []


def test_drift_does_not_recover_while_triage_takes_it_for_wrong_data(engine: Engine) -> None:
    cause = Cause("bad_source", "channel=web", "One source is wrong.", (), "mend").to_json()
    watched(engine, drift())
    watched(engine, drift(), night=FIRST + DAY, cause=cause)
    assert open_keys(engine) == ["night/loans/drift", "night/loans/data/channel=web"]


def test_an_estimate_does_not_recover_while_data_are_at_fault(engine: Engine) -> None:
    judged = {"estimate": {"judged": True}}
    low = Finding("estimate", "roc_auc", 0.5, 0.6, "It will break.", "estimate/roc_auc")
    watched(engine, low, **judged)
    watched(engine, low, WRONG, night=FIRST + DAY, **judged)
    assert open_keys(engine) == ["night/loans/estimate", "night/loans/data/income"]
    watched(engine, night=FIRST + 2 * DAY, **judged)
    assert open_keys(engine) == []


def test_faulty_data_recover_with_enough_rows_or_as_many_as_showed_them(engine: Engine) -> None:
    cause = Cause("bad_source", "channel=web", "One source is wrong.", (), "mend").to_json()
    (incident,) = watched(engine, drift(), cause=cause)
    watched(engine, night=FIRST + DAY, rows=99)
    assert open_keys(engine) == [incident.key]
    watched(engine, night=FIRST + 2 * DAY, rows=100)
    assert open_keys(engine) == []
    (few,) = watched(engine, WRONG, night=FIRST + 3 * DAY, rows=40)
    watched(engine, night=FIRST + 4 * DAY, rows=39)
    assert open_keys(engine) == [few.key]
    watched(engine, night=FIRST + 5 * DAY, rows=40)
    assert open_keys(engine) == []


def test_what_a_fault_moved_opens_no_incident_that_advises_to_train(engine: Engine) -> None:
    score = Finding("prediction_drift", "score", 0.9, 0.25, "The score.", "prediction_drift/score")
    (made,) = watched(engine, WRONG, drift("income"), score)
    assert (made.kind, made.key) == ("data", "night/loans/data/income")
    assert "train again" not in made.facts["mend"]


def test_an_older_night_that_is_watched_later_opens_and_closes_nothing(engine: Engine) -> None:
    (now,) = watched(engine, drift())
    assert watched(engine, WRONG, night=FIRST - 3 * DAY) == ()
    assert watched(engine, drift(psi=9.0), night=FIRST - 2 * DAY) == ()
    assert watched(engine, night=FIRST - DAY) == ()
    assert open_keys(engine) == [now.key] and events(engine, now) == ["opened", "assigned"]
    assert brought(engine, FIRST - 3 * DAY) == brought(engine, FIRST - 2 * DAY) == []


def test_a_night_of_the_future_on_record_mutes_no_night_after_it(engine: Engine) -> None:
    with engine.begin() as conn:
        nights.record(conn, Night("loans", date(2099, 1, 1), 1, 0, MEASURED, [], None, AT))
    (incident,) = watched(engine, drift())
    assert brought(engine) == ["opened"]
    watched(engine, night=FIRST + DAY)
    assert events(engine, incident)[-1] == "recovered"


def test_what_a_person_settled_is_opened_by_another_night_and_not_by_the_same(engine: Engine) -> None:
    (first,) = watched(engine, drift())
    settled(engine, first)
    assert watched(engine, drift()) == ()
    (again,) = watched(engine, drift(), night=FIRST + DAY)
    assert again.id != first.id and brought(engine, FIRST + DAY) == ["opened"]


def test_another_model_s_incidents_are_left_alone(engine: Engine) -> None:
    with engine.begin() as conn:
        incidents.open_incident(
            conn, kind="drift", key="night/other/drift", model="other", sentence="Far.", at=AT
        )
        incidents.open_incident(
            conn, kind="alias_moved", key="alias_moved/loans", model="loans", sentence="Moved.", at=AT
        )
    watched(engine)
    with engine.connect() as conn:
        assert len(incidents.open_ones(conn)) == 2


def test_the_incident_that_blocks_a_training_is_the_fault_s(engine: Engine) -> None:
    _, fault = watched(engine, drift(), WRONG)
    with engine.connect() as conn:
        night = nights.find(conn, "loans", FIRST)
        assert night and blocking(conn, night) == fault
        assert blocking(conn, Night("loans", FIRST, 1, 9, {}, [drift().to_json()], None, AT)) is None


def test_a_training_is_linked_to_what_it_is_to_cure(engine: Engine) -> None:
    far, wrong = watched(engine, drift(), WRONG)
    for _ in range(2):
        link_training(engine, "loans", run="loans.train/asset__1", at=AT)
    assert events(engine, far) == ["opened", "assigned", "run_linked"]
    assert events(engine, wrong) == ["opened", "assigned"]


def test_what_is_in_production_is_not_settled_by_hand(engine: Engine) -> None:
    with engine.begin() as conn:
        incident, _ = incidents.open_incident(
            conn, kind="alias_moved", key="alias_moved/loans", sentence="Moved.", at=AT
        )
    with pytest.raises(RecordError, match="Trigger the Dag restore"):
        settled(engine, incident)


def test_drift_that_triage_takes_for_wrong_data_is_an_incident_of_its_source(engine: Engine) -> None:
    cause = Cause("bad_source", "channel=web", "One source is wrong.", (), "mend").to_json()
    (incident,) = watched(engine, drift(), drift("income"), cause=cause)
    assert (incident.kind, incident.key) == ("data", "night/loans/data/channel=web")
    with engine.connect() as conn:
        night = nights.find(conn, "loans", FIRST)
        assert night is not None
        assert blocking(conn, night) == incident


def test_an_indicator_recovers_when_it_is_known_and_kept(engine: Engine) -> None:
    lost = Finding("indicator", "lost", 5.0, 4.0, "Money lost is 5 %.", "indicator/lost")
    (incident,) = watched(engine, lost)
    assert (incident.kind, incident.key) == ("indicator", "night/loans/indicator/lost")
    assert "whoever answers for this figure" in incident.facts["mend"]
    watched(engine, night=FIRST + DAY)
    watched(engine, night=FIRST + 2 * DAY, indicators={"lost": {"value": None}, "other": {"value": 1.0}})
    assert open_keys(engine) == [incident.key]
    watched(engine, night=FIRST + 3 * DAY, indicators={"lost": {"value": 3.0}})
    assert open_keys(engine) == []


def test_the_service_recovers_when_enough_was_asked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = loan_spec(monitoring={"service": {"failures": 0.01}})
    monkeypatch.setattr(sys.modules[__name__], "SPEC", asking)
    failed = Finding("service", "failures", 0.1, 0.01, "It failed.", "service/failures")
    (incident,) = watched(engine, failed)
    assert (incident.kind, incident.key) == ("service", "night/loans/service")
    assert "not about the model" in incident.facts["mend"]
    for ago, requests in ((1, None), (2, 119)):
        seen = requests and {"requests": requests, "refusals": 20}
        watched(engine, night=FIRST + ago * DAY, service=seen)
    assert open_keys(engine) == [incident.key]
    watched(engine, night=FIRST + 3 * DAY, service={"requests": 120, "refusals": 20})
    assert open_keys(engine) == []
