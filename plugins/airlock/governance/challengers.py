"""Challengers: approved versions that run beside the champion before they may take its place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from airlock.governance import audit_log, releases
from airlock.governance.candidates import Candidate
from airlock.governance.engine import lock
from airlock.governance.passage import DeploymentRefused, prove_passage
from airlock.governance.records import RecordError, record_of
from airlock.governance.releases import Release, Way
from airlock.governance.tables import challengers, deployments

Outcome = Literal["passed", "broke", "undecided", "superseded", "stopped"]


@dataclass(frozen=True)
class Challenger:
    """A version that runs beside the champion, or ran until `ended_at`; `share` of the entities are its."""

    id: int
    model: str
    release_id: int
    candidate_id: int
    version: int
    package_digest: str
    way: Way
    share: float
    step: int
    started_at: datetime
    stepped_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    ended_because: str | None

    @property
    def name(self) -> str:
        """What it is called in sentences."""
        return f"The challenger {self.model} version {self.version}"

    @property
    def facts(self) -> dict[str, object]:
        """What the audit log says of it; how it ended, once it has."""
        facts: dict[str, object] = {
            "challenger": self.id,
            "release": self.release_id,
            "version": self.version,
            "way": self.way,
            "share": self.share,
            "step": self.step,
            "package_digest": self.package_digest,
        }
        if self.outcome is None:
            return facts
        return facts | {"outcome": self.outcome, "because": self.ended_because}


def active(conn: Connection, model: str) -> Challenger | None:
    """Return what runs beside a model's champion."""
    return _one(conn, challengers.c.model == model, challengers.c.ended_at.is_(None))


def actives(conn: Connection) -> tuple[Challenger, ...]:
    """Return what runs beside a champion, by model."""
    query = sa.select(challengers).where(challengers.c.ended_at.is_(None)).order_by(challengers.c.model)
    return tuple(record_of(Challenger, row) for row in conn.execute(query))


def of_release(conn: Connection, release_id: int) -> Challenger | None:
    """Return the challenger that a release started, whether it still runs or not."""
    return _one(conn, challengers.c.release_id == release_id)


def start(
    conn: Connection, release: Release, candidate: Candidate, *, share: float, at: datetime
) -> Challenger:
    """Let an approved release's candidate run beside the champion, once.

    Repeating it returns the first record, even when that has ended since. An older challenger of the model
    ends as superseded, and its release with it.

    Raises
    ------
    DeploymentRefused
        When the release cannot be proved to be approved, does not go beside what serves, nothing serves, or
        what serves or runs beside it is not older.
    RecordError
        When the share is none for the release's way: 0 for a shadow, above 0 and at most 1 for the others.
    """
    lock(conn, f"deployment of {release.model}")
    done = of_release(conn, release.id)
    if done is not None:
        return done
    releases.find(conn, release.id, lock=True)
    prove_passage(conn, release.id, candidate.id, states=("approved",))
    _refuse_wrong_share(release, share)
    _refuse_unless_newer(conn, candidate)
    other = active(conn, release.model)
    if other is not None:
        _supersede(conn, other, candidate, at)
    values = {
        "model": release.model,
        "release_id": release.id,
        "candidate_id": candidate.id,
        "version": candidate.registered_version,
        "package_digest": candidate.package_digest,
        "way": release.way,
        "share": share,
        "step": 1,
        "started_at": at,
        "stepped_at": at,
    }
    made = _record(conn.execute(sa.insert(challengers).values(values).returning(challengers)).one())
    _append(conn, "challenger_started", made, at)
    return made


def step(conn: Connection, challenger: Challenger, *, share: float, step: int, at: datetime) -> Challenger:
    """Give a challenger its next and larger share, once: repeating it returns the record.

    Raises
    ------
    RecordError
        When it has ended, the step is not the next one, or the share does not rise.
    """
    current = _current(conn, challenger)
    if (current.step, current.share) == (step, share):
        return current
    if current.ended_at is not None:
        raise RecordError(f"{current.name} has ended as {current.outcome}, so its share cannot change.")
    if step != current.step + 1 or not current.share < share <= 1:
        raise RecordError(
            f"{current.name} answers a share of {current.share:g} at step {current.step}; step {step} with "
            f"{share:g} is not its next. Shares rise to at most 1, one step at a time."
        )
    stepped = _change(conn, current, share=share, step=step, stepped_at=at)
    _append(conn, "challenger_stepped", stepped, at)
    return stepped


def end(
    conn: Connection, challenger: Challenger, *, outcome: Outcome, because: str, at: datetime
) -> Challenger:
    """Record how a challenger ended, once: repeating it returns the first record.

    Raises
    ------
    RecordError
        When it has already ended otherwise.
    """
    current = _current(conn, challenger)
    if current.outcome == outcome:
        return current
    if current.outcome is not None:
        raise RecordError(f"{current.name} has ended as {current.outcome} and cannot end as {outcome}.")
    ended = _change(conn, current, ended_at=at, outcome=outcome, ended_because=because)
    _append(conn, "challenger_ended", ended, at)
    return ended


def _refuse_wrong_share(release: Release, share: float) -> None:
    if release.way == "full":
        raise DeploymentRefused(
            f"Release {release.id} of {release.model} goes the full way, not beside what serves. Deploy it."
        )
    if not (share == 0 if release.way == "shadow" else 0 < share <= 1):
        allowed = "0" if release.way == "shadow" else "above 0 and at most 1"
        raise RecordError(f"{release.model}: the share of a {release.way} is {allowed}, not {share:g}.")


def _refuse_unless_newer(conn: Connection, candidate: Candidate) -> None:
    serving = sa.select(deployments.c.candidate_id, deployments.c.version).where(
        deployments.c.model == candidate.model, deployments.c.retired_at.is_(None)
    )
    champion = conn.execute(serving).one_or_none()
    if champion is None:
        raise DeploymentRefused(
            f"{candidate.model}: nothing serves that version {candidate.version} could run beside. Deploy it."
        )
    for beside in (champion, active(conn, candidate.model)):
        if beside is not None and beside.candidate_id >= candidate.id:
            raise DeploymentRefused(
                f"{candidate.model}: version {beside.version} serves or runs beside what serves already, and "
                f"version {candidate.version} is not newer. Train a new one."
            )


def _supersede(conn: Connection, other: Challenger, candidate: Candidate, at: datetime) -> None:
    because = f"Superseded: version {candidate.version} runs beside the champion now."
    release = releases.find(conn, other.release_id, lock=True)
    if release is not None and release.state == "approved":
        releases.close(conn, release.id, state="superseded", reason=because, at=at)
    end(conn, other, outcome="superseded", because=because, at=at)


def _current(conn: Connection, challenger: Challenger) -> Challenger:
    """Return what is recorded of a challenger now; nothing changes it before this transaction ends."""
    lock(conn, f"deployment of {challenger.model}")
    current = _one(conn, challengers.c.id == challenger.id)
    if current is None:
        raise RecordError(f"There is no challenger {challenger.id} of {challenger.model}.")
    return current


def _change(conn: Connection, challenger: Challenger, **values: object) -> Challenger:
    change = sa.update(challengers).where(challengers.c.id == challenger.id).values(values)
    return _record(conn.execute(change.returning(challengers)).one())


def _append(conn: Connection, act: audit_log.Act, challenger: Challenger, at: datetime) -> None:
    release = releases.find(conn, challenger.release_id)
    assert release is not None  # a foreign key holds it
    dag, facts = f"{challenger.model}.release", challenger.facts
    audit_log.append(conn, act, actor=dag, at=at, model=challenger.model, run=release.run, facts=facts)


def _one(conn: Connection, *conditions: sa.ColumnElement[bool]) -> Challenger | None:
    row = conn.execute(sa.select(challengers).where(*conditions)).one_or_none()
    return None if row is None else _record(row)


def _record(row: Row[tuple[object, ...]]) -> Challenger:
    return record_of(Challenger, row)
