"""Proof that a challenger runs by right, or has passed: its passage, and what the audit log says last."""

from sqlalchemy.engine import Connection

from airlock.governance import audit_log
from airlock.governance.challengers import Challenger
from airlock.governance.passage import DeploymentRefused, prove_passage
from airlock.governance.tables import audit_log as log_table


def prove(conn: Connection, challenger: Challenger) -> None:
    """Prove that a challenger runs by right: released by people's answers, and as the audit log last says.

    Raises
    ------
    DeploymentRefused
        When records or audit log say otherwise.
    """
    candidate = prove_passage(conn, challenger.release_id, challenger.candidate_id, states=("approved",))
    facts = (challenger.model, challenger.version, challenger.package_digest)
    if facts != (candidate.model, candidate.version, candidate.package_digest):
        raise DeploymentRefused(
            f"{challenger.name} is not what release {challenger.release_id} is about: its record was "
            "changed past Airlock. Look for who changed it."
        )
    last = _last_said(conn, challenger)
    if last is None or last.act == "challenger_ended" or last.facts != challenger.facts:
        raise DeploymentRefused(
            f"The audit log does not say that {challenger.model} version {challenger.version} runs as a "
            f"{challenger.way} with a share of {challenger.share:g}: its record was changed past Airlock. "
            "Look for who changed it."
        )


def prove_passed(conn: Connection, challenger: Challenger) -> None:
    """Prove that a challenger has passed: its record says so, and the audit log says it last of all.

    Raises
    ------
    DeploymentRefused
        When it has not, or the log does not say so.
    """
    if challenger.outcome != "passed":
        raise DeploymentRefused(f"{challenger.name} has not passed: {challenger.outcome or 'still runs'}.")
    last = _last_said(conn, challenger)
    if last is None or last.act != "challenger_ended" or last.facts != challenger.facts:
        raise DeploymentRefused(
            f"The audit log does not say that {challenger.model} version {challenger.version} has passed: "
            "its record was changed past Airlock. Look for who changed it, and release the version again."
        )


def _last_said(conn: Connection, challenger: Challenger) -> audit_log.Entry | None:
    """Return the log's last row about a challenger, without rows that are no longer what they were."""
    about = (
        log_table.c.model == challenger.model,
        log_table.c.act.in_(("challenger_started", "challenger_stepped", "challenger_ended")),
        log_table.c.facts["challenger"].as_string() == str(challenger.id),
    )
    said = [entry for entry in audit_log.entries(conn, *about) if entry.digest == entry.true_digest]
    return said[-1] if said else None
