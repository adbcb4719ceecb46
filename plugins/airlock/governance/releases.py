"""Releases: a registered candidate on its way to production."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from airlock.governance import audit_log
from airlock.governance.candidates import Candidate
from airlock.governance.records import RecordError, record_of
from airlock.governance.tables import candidates as candidates_table
from airlock.governance.tables import releases

State = Literal["open", "approved", "rejected", "expired", "superseded", "deployed", "failed"]
Way = Literal["full", "shadow", "canary", "ab"]

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
    way: Way
    state: State
    reason: str
    opened_at: datetime
    decided_at: datetime | None

    @property
    def run(self) -> str:
        """The Dag run that opened it, as the audit log names it."""
        return f"{self.model}.release/{self.dag_run_id}"


def open_release(
    conn: Connection,
    *,
    candidate: Candidate,
    dag_run_id: str,
    people: int,
    opened_at: datetime,
    way: Way = "full",
    by: str | None = None,
) -> Release:
    """Open a release of a registered candidate, once: repeating it returns the first record.

    Parameters
    ----------
    people, way
        How many must approve, and how the candidate goes beside what serves; neither changes any more.
    by
        The Airflow user who asked for it; None where the candidate's registration did.

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
        "way": way,
        "state": "open",
        "opened_at": opened_at,
    }
    once = insert(releases).values(values).on_conflict_do_nothing(index_elements=["model", "dag_run_id"])
    made = conn.execute(once.returning(releases.c.id)).one_or_none()
    same_run = (releases.c.model == candidate.model) & (releases.c.dag_run_id == dag_run_id)
    kept = record_of(Release, conn.execute(sa.select(releases).where(same_run)).one())
    if (kept.candidate_id, kept.people, kept.way) != (candidate.id, people, way):
        raise RecordError(
            f"{kept.model}: run {dag_run_id} has already opened a release of candidate {kept.candidate_id} "
            f"for {kept.people} people, {kept.way}, and a record is never changed. "
            "Start a new release instead."
        )
    if made is not None:
        _log(conn, "release_opened", kept, by, opened_at, {"people": people, "way": way})
    return kept


def find(conn: Connection, release_id: int, *, lock: bool = False) -> Release | None:
    """Return a release by its id; with `lock`, no other transaction can change it meanwhile."""
    query = sa.select(releases).where(releases.c.id == release_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else record_of(Release, row)


def open_ones(conn: Connection, model: str | None = None, *, lock: bool = False) -> tuple[Release, ...]:
    """Return the releases that are open, of one model or of all; with `lock`, they stay so meanwhile."""
    query = sa.select(releases).where(releases.c.state == "open").order_by(releases.c.id)
    if model is not None:
        query = query.where(releases.c.model == model)
    rows = conn.execute(query.with_for_update() if lock else query)
    return tuple(record_of(Release, row) for row in rows)


def newest_of(conn: Connection, candidate_id: int) -> Release | None:
    """Return the newest release of a candidate."""
    query = sa.select(releases).where(releases.c.candidate_id == candidate_id)
    row = conn.execute(query.order_by(releases.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else record_of(Release, row)


def superseded_by(conn: Connection, candidate: Candidate) -> tuple[Release, ...]:
    """Return the releases that were closed when a candidate was registered."""
    ended = (releases.c.state == "superseded", releases.c.decided_at == candidate.recorded_at)
    query = sa.select(releases).where(releases.c.model == candidate.model, *ended)
    return tuple(record_of(Release, row) for row in conn.execute(query.order_by(releases.c.id)))


def close(
    conn: Connection, release_id: int, *, state: State, reason: str, at: datetime, by: str | None = None
) -> Release:
    """Record how a release ended, once: repeating it returns the first record.

    `by` is the Airflow user who ended it; None where its Dag did.

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
    closed = record_of(Release, conn.execute(change.returning(releases)).one())
    _log(conn, "release_closed", closed, by, at, {"state": state, "reason": reason})
    return closed


def _log(
    conn: Connection, act: audit_log.Act, release: Release, by: str | None, at: datetime, more: dict[str, Any]
) -> None:
    version = sa.select(candidates_table.c.version).where(candidates_table.c.id == release.candidate_id)
    facts = {
        "release": release.id,
        "candidate": release.candidate_id,
        "version": conn.execute(version).scalar_one(),
        "package_digest": release.package_digest,
        "dossier_digest": release.dossier_digest,
    }
    actor = by or f"{release.model}.release"
    audit_log.append(conn, act, actor=actor, at=at, model=release.model, run=release.run, facts=facts | more)
