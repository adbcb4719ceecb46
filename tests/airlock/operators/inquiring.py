"""A night that nobody can explain, its incident, and what people answer about it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Engine

from airlock.governance import audit_log, incident_events, incidents, inquiries, nights
from airlock.governance.audit_log import Entry
from airlock.governance.incidents import Incident
from airlock.governance.nights import Night
from airlock.monitoring.finding import Finding
from airlock.operators.find_inquiries import FindInquiriesOperator
from airlock.operators.inquire import InquireOperator, answerers
from airlock.operators.triage import TriageOperator
from airlock.triage.cause import Cause, Evidence
from tests.airlock.lender import SHIFTED
from tests.airlock.operators.running import context

OWN = {"model": "loans", "spec_digest": "d" * 64}
DAY = timedelta(days=1)
NIGHT = (SHIFTED - DAY).date()
SCORE = Finding("prediction_drift", "score", 0.5, 0.25, "The score has shifted.", "prediction_drift/score")
POOR = Finding("performance", "roc_auc", 0.5, 0.6, "roc_auc is 0.5.", "performance/roc_auc")
UNCLEAR = Cause(
    "unclear", "", "None of the known causes explains it.", (Evidence("score", "Inputs are calm."),), "ask"
)
SHIFT = Cause("covariate_shift", "debt", "Other cases come.", (), "retrain")
ANSWERED = datetime.fromisoformat("2030-01-01T10:00:00+00:00")


def watched(
    engine: Engine,
    *findings: Finding,
    cause: Cause | None = UNCLEAR,
    end: datetime = SHIFTED,
    version: int | None = None,
) -> list[str]:
    """Record a night as triage does, and return the ids of the runs that the monitor starts then."""
    measures = {"suite": {"checks": 3, "failed": 0}, "cause": cause and cause.to_json()}
    found = [finding.to_json() for finding in findings]
    with engine.begin() as conn:
        nights.record(conn, Night("loans", (end - DAY).date(), version, 240, measures, found, None, end))
    running = context("loans.monitor", run_id=f"scheduled__{end:%d}", interval_end=end)
    TriageOperator(task_id="triage", **OWN).choose_branch(running)
    return FindInquiriesOperator(task_id="find", **OWN).execute(running)


def of_kind(engine: Engine, kind: str = "drift") -> Incident:
    with engine.connect() as conn:
        (found,) = (one for one in incidents.open_ones(conn) if one.kind == kind)
    return found


def run_of(incident: Incident, task_id: str = "ask") -> Any:
    running = context("loans.inquire", run_id=inquiries.run_id_of(incident.id), task_id=task_id)
    return running | {"task_instance": running["ti"]}


def asking() -> InquireOperator:
    return InquireOperator(task_id="ask", people=list(answerers()), **OWN)


def answer(
    incident: Incident,
    choice: str,
    *,
    who: str | None = "mika",
    reason: str = "I looked.",
    form: dict[str, Any] | None = None,
) -> None:
    event = {
        "chosen_options": [choice],
        "params_input": form or {"reason": reason},
        "responded_at": ANSWERED,
        "responded_by_user": who and {"id": who, "name": who},
    }
    asking().execute_complete(run_of(incident), event)


def now(engine: Engine, incident: Incident) -> Incident:
    with engine.connect() as conn:
        found = incidents.find(conn, incident.id)
    assert found is not None
    return found


def events(engine: Engine, incident: Incident) -> list[tuple[str, str, str]]:
    """What happened to an incident after it was opened and given to the owner."""
    with engine.connect() as conn:
        known = incident_events.timeline(conn, incident.id)
    return [(event.event, event.by, event.text) for event in known[2:]]


def told(engine: Engine, act: str) -> list[Entry]:
    with engine.connect() as conn:
        return [entry for entry in audit_log.entries(conn) if entry.act == act]


def settle(engine: Engine, incident: Incident) -> None:
    with engine.begin() as conn:
        incidents.settle(conn, incident.id, by="dana", because="It was a test.", at=ANSWERED, run=None)
