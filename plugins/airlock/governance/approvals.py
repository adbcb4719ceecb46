"""Approvals: what people answered about a release, those answers that count and those that do not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import audit_log, refusals, releases
from airlock.governance.records import RecordError, record_of
from airlock.governance.releases import Release
from airlock.governance.tables import approvals as approvals_table

Choice = Literal["Approve", "Reject"]


@dataclass(frozen=True)
class Approval:
    """One person's recorded answer, and the dossier they were shown."""

    release_id: int
    slot: int
    responder: str
    choice: Choice
    reason: str
    dossier_digest: str
    responded_at: datetime

    @property
    def sentence(self) -> str:
        """The answer as people read it."""
        verb = "approved" if self.choice == "Approve" else "rejected"
        return f"{self.responder} {verb}: {self.reason}"


def record(
    conn: Connection,
    *,
    release_id: int,
    slot: int,
    responder: str,
    choice: Choice,
    reason: str,
    dossier_digest: str,
    responded_at: datetime,
) -> Approval:
    """Record one person's answer, once: repeating it returns the first record.

    Raises
    ------
    RecordError
        When the slot holds another answer, or the release is no longer open.
    """
    given = Approval(release_id, slot, responder, choice, reason, dossier_digest, responded_at)
    release = releases.find(conn, release_id, lock=True)
    kept = next((answer for answer in of_release(conn, release_id) if answer.slot == slot), None)
    if kept is not None:
        if kept != given:
            raise RecordError(
                f"Approval {slot} of release {release_id} is {kept.responder}'s, and is never changed."
            )
        return kept
    if release is None or release.state != "open":
        state = "unknown" if release is None else release.state
        raise RecordError(f"Release {release_id} is {state}: it takes no more answers. Start a new release.")
    conn.execute(sa.insert(approvals_table).values(vars(given)))
    audit_log.append(
        conn,
        "answer_recorded",
        actor=responder,
        at=responded_at,
        model=release.model,
        run=release.run,
        facts={
            "release": release_id,
            "slot": slot,
            "choice": choice,
            "reason": reason,
            "dossier_digest": dossier_digest,
        },
    )
    return given


def refuse(conn: Connection, release: Release, given: Approval, because: str) -> None:
    """Write into the audit log, once, that an answer was given which does not count, and why."""
    refusals.refuse(
        conn,
        "answer_refused",
        responder=given.responder,
        at=given.responded_at,
        model=release.model,
        run=release.run,
        facts={
            "release": release.id,
            "slot": given.slot,
            "choice": given.choice,
            "reason": because,
            "said": given.reason,
            "dossier_digest": given.dossier_digest,
        },
    )


def refused(conn: Connection, release: Release) -> tuple[audit_log.Entry, ...]:
    """Return what the audit log says of answers about a release that did not count, in their order."""
    return audit_log.of_run(conn, "answer_refused", model=release.model, run=release.run)


def of_release(conn: Connection, release_id: int) -> tuple[Approval, ...]:
    """Return the answers about a release, in the order of their slots."""
    query = sa.select(approvals_table).where(approvals_table.c.release_id == release_id)
    return tuple(record_of(Approval, row) for row in conn.execute(query.order_by(approvals_table.c.slot)))
