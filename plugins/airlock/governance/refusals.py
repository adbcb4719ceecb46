"""Refusals: answers of people that do not count, each in the audit log once, with the reason."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from airlock.governance import audit_log


def refuse(
    conn: Connection,
    act: audit_log.Act,
    *,
    responder: str,
    at: datetime,
    model: str | None,
    run: str,
    facts: Mapping[str, Any],
) -> None:
    """Write into the audit log that somebody's answer does not count, unless it is there already.

    Parameters
    ----------
    responder, at
        Who answered and when, as Airflow received it; nobody is called unknown.
    run
        The run whose question it was, as `<dag id>/<run id>`.
    """
    actor = responder or "unknown"
    known = audit_log.of_run(conn, act, model=model, run=run)
    if not any((entry.actor, entry.at) == (actor, at) for entry in known):
        audit_log.append(conn, act, actor=actor, at=at, model=model, run=run, facts=facts)
