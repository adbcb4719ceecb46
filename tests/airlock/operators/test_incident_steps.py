"""A night's incidents as its tasks note them, and what a person does about them by the form."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException
from sqlalchemy.engine import Engine

from airlock.governance import audit_log, incident_events, incidents, nights
from airlock.governance.incident_events import IncidentEvent
from airlock.governance.incidents import Incident
from airlock.governance.nights import Night
from airlock.governance.records import RecordError
from airlock.monitoring.finding import Finding
from airlock.operators.admit import AdmitOperator
from airlock.operators.alert import AlertOperator
from airlock.operators.assets import retrain_asset
from airlock.operators.handle_incident import HandleIncidentOperator
from airlock.operators.restore import RestoreOperator
from airlock.operators.run import RunError
from airlock.operators.triage import TriageOperator
from tests.airlock.lender import SHIFTED, Lender
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

OWN = {"model": "loans", "spec_digest": "d" * 64}
DAY = timedelta(days=1)
FAR = Finding("column_drift", "debt", 0.4, 0.25, "debt has shifted.", "column_drift/debt")
FARTHER = Finding("column_drift", "debt", 1.9, 0.25, "debt has shifted far.", "column_drift/debt")


def watched(
    engine: Engine, *findings: Finding, end: datetime = SHIFTED, run_id: str = "scheduled__1"
) -> str | None:
    """Record a night, triage it and, where triage says so, alert; return what triage said."""
    found = [finding.to_json() for finding in findings]
    measures = {"suite": {"checks": 3, "failed": 0}, "performance": None}
    with engine.begin() as conn:
        nights.record(conn, Night("loans", (end - DAY).date(), None, 240, measures, found, None, end))
    running = context("loans.monitor", run_id=run_id, interval_end=end)
    branch = TriageOperator(task_id="triage", **OWN).choose_branch(running)
    if branch:
        AlertOperator(task_id="alert", **OWN).execute(running)
    return branch


def waiting(engine: Engine) -> list[Incident]:
    with engine.connect() as conn:
        return list(incidents.open_ones(conn))


def timeline(engine: Engine, incident: Incident) -> tuple[IncidentEvent, ...]:
    with engine.connect() as conn:
        return incident_events.timeline(conn, incident.id)


def handle(
    number: int,
    action: str = "note",
    user: str | None = "mika",
    run_id: str = "manual__1",
    **form: Any,
) -> dict[str, Any]:
    params = {
        "incident": number,
        "action": action,
        "whom": None,
        "reason": "The bureau changed units.",
        **form,
    }
    running = context("incident", run_id=run_id, user=user, params=params)
    return HandleIncidentOperator(task_id="handle").execute(running)


@pytest.fixture
def incident(installation: Lender, engine: Engine, post: PostOffice) -> Incident:
    """The open incident of a night of drift."""
    assert watched(engine, FAR) == "alert"
    (found,) = waiting(engine)
    return found


def test_a_night_s_incident_has_its_run_and_the_model_s_owner(incident: Incident, engine: Engine) -> None:
    opened, assigned = timeline(engine, incident)
    assert (opened.run, opened.day) == ("loans.monitor/scheduled__1", (SHIFTED - DAY).date())
    assert (assigned.owner, assigned.by) == ("dana", "loans.monitor")


def test_the_same_is_mailed_once_and_again_when_it_is_worse_or_comes_back(
    incident: Incident, engine: Engine, post: PostOffice
) -> None:
    counts = [len(post.mails)]
    for ahead, findings in enumerate([(FAR,), (FAR,), (FARTHER,), (FARTHER,), (), (FAR,), (FAR,)], start=1):
        watched(engine, *findings, end=SHIFTED + ahead * DAY)
        counts.append(len(post.mails))
    assert counts == [1, 1, 1, 2, 2, 2, 3, 3]


def test_a_night_that_is_watched_again_or_late_is_not_mailed(
    incident: Incident, engine: Engine, post: PostOffice
) -> None:
    watched(engine, FAR, run_id="manual__2")
    watched(engine, FARTHER, end=SHIFTED - 3 * DAY, run_id="backfill__1")
    assert len(post.mails) == 1 and waiting(engine) == [incident]


def test_what_could_not_be_mailed_is_mailed_by_the_next_attempt(
    installation: Lender, engine: Engine, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
        with pytest.raises(AirflowException, match="SMTP connection is not found"):
            watched(engine, FAR)
    watched(engine, FAR)
    assert len(post.mails) == 1


def test_a_training_that_the_monitor_asked_for_is_linked(incident: Incident, engine: Engine) -> None:
    event = {"cause": "debt has shifted.", "started_by": "loans.monitor"}
    asset = retrain_asset("loans")
    AdmitOperator(task_id="admit", **OWN).execute(context(run_id="asset__1", events={asset: [event]}))
    AdmitOperator(task_id="admit", **OWN).execute(context(run_id="manual__2", user="dana"))
    *_, last = timeline(engine, incident)
    assert (last.event, last.run, last.by) == ("run_linked", "loans.train/asset__1", "loans.train")


def test_mika_gives_it_to_the_administrators_notes_and_settles(incident: Incident, engine: Engine) -> None:
    assert handle(incident.id, "assign", whom="admin") == {"incident": incident.id, "action": "assign"}
    handle(incident.id, "note")
    handle(incident.id, "settle")
    said = [(one.event, one.by, one.owner, one.run) for one in timeline(engine, incident)[2:]]
    run = "incident/manual__1"
    assert said == [
        ("assigned", "mika", "admin", run),
        ("noted", "mika", None, run),
        ("settled", "mika", None, run),
    ]
    assert waiting(engine) == []


def test_whoever_is_given_an_incident_is_mailed_once_unless_they_took_it(
    incident: Incident, engine: Engine, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(post.mails)
    handle(incident.id, "assign", whom="mika")
    assert len(post.mails) == before, "they know"
    with monkeypatch.context() as patch:
        patch.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
        with pytest.raises(AirflowException, match="SMTP connection is not found"):
            handle(incident.id, "assign", user="admin", whom="dana", run_id="manual__2")
    for _ in range(2):  # a task that is tried again
        handle(incident.id, "assign", user="admin", whom="dana", run_id="manual__2")
    (mail,) = post.mails[before:]
    assert mail.recipients == "dana@airlock.example"
    assert mail.subject == f"[Airlock] Incident {incident.id} of loans is yours"
    assert "admin gave it to you and said: The bureau changed units." in mail.text
    owners = [one.owner for one in timeline(engine, incident) if one.event == "assigned"]
    assert owners == ["dana", "mika", "dana"]


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        (None, "whom: is empty"),
        ("ria", "ria may not handle incidents. Name who may: dana or mika or admin"),
        ("nobody", "nobody may not handle incidents"),
    ],
)
def test_it_goes_only_to_somebody_who_can_do_something(
    incident: Incident, engine: Engine, whom: str | None, said: str
) -> None:
    with pytest.raises(RunError, match=said):
        handle(incident.id, "assign", whom=whom)
    assert len(timeline(engine, incident)) == 2


@pytest.mark.parametrize("user", ["ria", "ada", "nobody", None])
def test_who_may_not_handle_incidents_changes_nothing(
    incident: Incident, engine: Engine, user: str | None
) -> None:
    with pytest.raises(RunError):
        handle(incident.id, "settle", user=user)
    assert waiting(engine) == [incident]
    with engine.connect() as conn:
        assert [one.facts["act"] for one in audit_log.entries(conn) if one.act == "act_refused"] == [
            "handle_incident"
        ]


@pytest.mark.parametrize("action", ["note", "settle", "assign"])
def test_an_incident_that_is_not_there_is_named(incident: Incident, action: str) -> None:
    with pytest.raises(RecordError, match=f"There is no incident {incident.id + 9}"):
        handle(incident.id + 9, action, whom="dana")


def test_restore_does_not_settle_what_a_night_found(incident: Incident, engine: Engine) -> None:
    params = {"incident": incident.id, "reason": "It looks mended."}
    with pytest.raises(RecordError, match="Trigger the Dag incident"):
        RestoreOperator(task_id="restore").execute(context("restore", user="mika", params=params))
    assert waiting(engine) == [incident]


def test_another_action_does_nothing(incident: Incident, engine: Engine) -> None:
    with pytest.raises(RunError, match="'forget' is none of assign, note, settle"):
        handle(incident.id, "forget")
    assert waiting(engine) == [incident]
