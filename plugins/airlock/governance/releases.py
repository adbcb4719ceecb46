"""Releases: a registered candidate on its way to production, and what people answered about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from airlock.governance.candidates import Candidate
from airlock.governance.records import RecordError, record_of
from airlock.governance.tables import approvals as approvals_table
from airlock.governance.tables import releases

State = Literal["open", "approved", "rejected", "expired", "superseded", "deployed", "failed"]
Choice = Literal["Approve", "Reject"]

#: From each state, the states a release may go to by being closed. Only `deploy` makes one deployed.
NEXT: dict[State, tuple[State, ...]] = {
    "open": ("approved", "rejected", "expired", "superseded", "failed"),
    "approved": ("superseded", "failed"),
    "deployed": ("failed",),
    "rejected": (),
    "expired": (),
    "superseded": (),
    "failed": (),
}


@dataclass(frozen=True)
class Release:
    """One attempt to bring a candidate into production; the digests are those people decide about."""

    id: int
    model: str
    dag_run_id: str
    candidate_id: int
    package_digest: str
    dossier_digest: str
    people: int
    state: State
    reason: str
    opened_at: datetime
    decided_at: datetime | None


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


def open_release(
    conn: Connection, *, candidate: Candidate, dag_run_id: str, people: int, opened_at: datetime
) -> Release:
    """Open a release of a registered candidate, once: repeating it returns the first record.

    Raises
    ------
    RecordError
        When the candidate was refused or has no dossier, or this run has opened a release of another one.
    """
    if candidate.state != "registered":
        raise RecordError(f"Candidate {candidate.id} of {candidate.model} was refused: {candidate.reason}")
    values = {
        "model": candidate.model,
        "dag_run_id": dag_run_id,
        "candidate_id": candidate.id,
        "package_digest": candidate.package_digest,
        "dossier_digest": candidate.dossier,
        "people": people,
        "state": "open",
        "opened_at": opened_at,
    }
    conn.execute(
        insert(releases).values(values).on_conflict_do_nothing(index_elements=["model", "dag_run_id"])
    )
    same_run = (releases.c.model == candidate.model) & (releases.c.dag_run_id == dag_run_id)
    kept = record_of(Release, conn.execute(sa.select(releases).where(same_run)).one())
    if (kept.candidate_id, kept.people) != (candidate.id, people):
        raise RecordError(
            f"{kept.model}: run {dag_run_id} has already opened a release of candidate {kept.candidate_id} "
            f"for {kept.people} people, and a record is never changed. Start a new release instead."
        )
    return kept


def find(conn: Connection, release_id: int, *, lock: bool = False) -> Release | None:
    """Return a release by its id; with `lock`, no other transaction can change it meanwhile."""
    query = sa.select(releases).where(releases.c.id == release_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else record_of(Release, row)


def record_approval(
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
    release = find(conn, release_id, lock=True)
    kept = next((answer for answer in approvals(conn, release_id) if answer.slot == slot), None)
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
    return given


def approvals(conn: Connection, release_id: int) -> tuple[Approval, ...]:
    """Return the answers about a release, in the order of their slots."""
    query = sa.select(approvals_table).where(approvals_table.c.release_id == release_id)
    return tuple(record_of(Approval, row) for row in conn.execute(query.order_by(approvals_table.c.slot)))


def close(conn: Connection, release_id: int, *, state: State, reason: str, at: datetime) -> Release:
    """Record how a release ended, once: repeating it returns the first record.

    Raises
    ------
    RecordError
        When there is no such release, or it has already ended in another way.
    """
    release = find(conn, release_id, lock=True)
    if release is None:
        raise RecordError(f"There is no release {release_id}.")
    if release.state == state:
        return release
    if state not in NEXT[release.state]:
        raise RecordError(
            f"Release {release_id} of {release.model} is {release.state} and cannot become {state}."
        )
    change = sa.update(releases).where(releases.c.id == release_id)
    change = change.values(state=state, reason=reason, decided_at=release.decided_at or at)
    return record_of(Release, conn.execute(change.returning(releases)).one())
