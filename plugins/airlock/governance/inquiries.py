"""Inquiries: what a person is asked about an incident that nobody can explain, and the answer that counts.

An incident is asked about once, by a run that its number names. The answer is a row of the audit log, written
in the transaction that does what it says; the incident's timeline tells of both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from airlock.governance import audit_log, incident_events, refusals
from airlock.governance.decision import person
from airlock.governance.incidents import Incident
from airlock.spec.people import Act

RETRAIN, IGNORE, ROLL_BACK, INVESTIGATE = "Retrain", "Ignore", "Roll back", "Investigate"
#: What somebody must be allowed to do to give each answer.
NEEDS: Mapping[str, Act] = {
    RETRAIN: Act.TRAIN,
    IGNORE: Act.HANDLE_INCIDENT,
    ROLL_BACK: Act.ROLL_BACK,
    INVESTIGATE: Act.HANDLE_INCIDENT,
}


@dataclass(frozen=True)
class Answer:
    """What a person answered, and why, as Airflow received it."""

    responder: str
    choice: str
    reason: str
    responded_at: datetime


def run_id_of(incident_id: int) -> str:
    """Return the id of the one run of `<model>.inquire` that asks about an incident."""
    return f"incident_{incident_id}"


def run_of(incident: Incident) -> str:
    """Return that run as the audit log names it."""
    return f"{incident.model}.inquire/{run_id_of(incident.id)}"


def note_asked(conn: Connection, incident: Incident, at: datetime) -> None:
    """Write into an incident's timeline, once, that a person is asked about it."""
    text = f"A person is asked what to do: {', '.join(NEEDS)}."
    run = run_of(incident)
    by = run.partition("/")[0]
    incident_events.append(conn, incident.id, "run_linked", by=by, at=at, text=text, run=run)


def answer_of(conn: Connection, incident: Incident) -> Answer | None:
    """Return the answer about an incident that counts."""
    for entry in audit_log.of_run(conn, "inquiry_answered", model=incident.model, run=run_of(incident)):
        return Answer(entry.actor, entry.facts["choice"], entry.facts["reason"], entry.at)
    return None


def objection(incident: Incident, given: Answer, known: Answer | None, *, may_not: str | None) -> str | None:
    """Say why an answer does not count; None where it does.

    Parameters
    ----------
    known
        The answer that counts already.
    may_not
        Why whoever answered may not do what they chose; None where they may.
    """
    who = given.responder
    if not person(who):
        return "Airflow recorded no person with an answer, so it counts for nothing."
    if known is not None:
        return f"{known.responder} has answered {known.choice} about incident {incident.id} already."
    if incident.state != "open":
        return (
            f"Incident {incident.id} was settled meanwhile by {incident.settled_by}: "
            f"{incident.settled_because} The question is withdrawn, and nothing was done."
        )
    if may_not is not None:
        return may_not
    if given.responded_at < incident.found_at:
        return f"The answer by {who} is dated before the incident."
    if not given.reason.strip():
        return f"{who} gave no reason."
    return None


def record(conn: Connection, incident: Incident, given: Answer) -> None:
    """Record the answer that counts, in the transaction that does what it says."""
    audit_log.append(
        conn,
        "inquiry_answered",
        actor=given.responder,
        at=given.responded_at,
        model=incident.model,
        run=run_of(incident),
        facts={"incident": incident.id, "choice": given.choice, "reason": given.reason},
    )


def refuse_answer(conn: Connection, incident: Incident, given: Answer, because: str) -> None:
    """Write into the audit log, once, that an answer was given which does not count, and why."""
    refusals.refuse(
        conn,
        "inquiry_answer_refused",
        responder=given.responder,
        at=given.responded_at,
        model=incident.model,
        run=run_of(incident),
        facts={"incident": incident.id, "choice": given.choice, "reason": because, "said": given.reason},
    )


def refused_answers(conn: Connection, incident: Incident) -> tuple[audit_log.Entry, ...]:
    """Return what the audit log says of answers about an incident that did not count, in their order."""
    return audit_log.of_run(conn, "inquiry_answer_refused", model=incident.model, run=run_of(incident))
