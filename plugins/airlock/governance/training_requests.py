"""Training requests: which night asked for a training, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import audit_log
from airlock.governance.audit_log import Entry
from airlock.governance.tables import audit_log as log_table
from airlock.governance.tables import nights
from airlock.spec.training import SEARCH

ASKED: audit_log.Act = "training_asked"


@dataclass(frozen=True)
class TrainingRequest:
    """A night that asked for a training.

    `run` is the run of the monitor, as `<dag id>/<run id>`; `mode` that of the training, whose own cause is
    `cause`, word for word; `findings` are the keys of what was to be cured.
    """

    model: str
    night: date
    run: str
    cause: str
    mode: str
    findings: tuple[str, ...]
    at: datetime


def record(
    conn: Connection,
    model: str,
    night: date,
    run_id: str,
    *,
    by: str,
    cause: str,
    mode: str,
    findings: Sequence[str],
    at: datetime,
) -> None:
    """Record, once, that a run of <model>.monitor asked for a training because of a recorded night.

    `by` is whoever started that run, or the Dag itself.
    """
    unasked = nights.c.training_asked_by.is_distinct_from(run_id)
    about = (nights.c.model == model, nights.c.night == night, unasked)
    if conn.execute(sa.update(nights).where(*about).values(training_asked_by=run_id)).rowcount:
        audit_log.append(
            conn,
            ASKED,
            actor=by,
            at=at,
            model=model,
            run=f"{model}.monitor/{run_id}",
            facts={"night": night.isoformat(), "cause": cause, "mode": mode, "findings": list(findings)},
        )


def requests(conn: Connection, model: str) -> tuple[TrainingRequest, ...]:
    """Return every request about a model that the audit log knows, by night."""
    entries = audit_log.entries(conn, log_table.c.act == ASKED, log_table.c.model == model)
    return tuple(sorted(map(_request, entries), key=lambda request: request.night))


def _request(entry: Entry) -> TrainingRequest:
    facts = entry.facts
    return TrainingRequest(
        model=str(entry.model),
        night=date.fromisoformat(facts["night"]),
        run=str(entry.run),
        cause=str(facts["cause"]),
        mode=str(facts.get("mode", SEARCH)),
        findings=tuple(facts.get("findings", ())),
        at=entry.at,
    )
