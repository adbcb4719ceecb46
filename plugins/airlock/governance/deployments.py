"""Deployments: what serves, since when and why. The one truth about production."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import candidates, releases
from airlock.governance.candidates import Candidate
from airlock.governance.decision import decide
from airlock.governance.engine import lock
from airlock.governance.records import RecordError, record_of
from airlock.governance.releases import Release
from airlock.governance.tables import deployments
from airlock.governance.tables import releases as releases_table


class DeploymentRefused(RecordError):
    """A candidate was to be deployed that has not come through the airlock."""


@dataclass(frozen=True)
class Deployment:
    """A version of a model that serves, or served from `deployed_at` until `retired_at`."""

    id: int
    model: str
    release_id: int
    candidate_id: int
    version: int
    package_digest: str
    deployed_at: datetime
    retired_at: datetime | None
    retired_because: str | None
    withdrawn: bool
    reinstates: int | None


def champion(conn: Connection, model: str, *, at: datetime | None = None) -> Deployment | None:
    """Return what serves a model now, or what served it at a moment."""
    serves: sa.ColumnElement[bool] = deployments.c.retired_at.is_(None)
    if at is not None:
        serves = (deployments.c.deployed_at <= at) & (serves | (deployments.c.retired_at > at))
    query = (
        sa.select(deployments)
        .where(deployments.c.model == model, serves)
        .order_by(deployments.c.id.desc())
        .limit(1)
    )
    return _first(conn, query)


def of_release(conn: Connection, release_id: int) -> tuple[Deployment, Deployment | None]:
    """Return what a release deployed, and what served before it."""
    made = sa.select(deployments).where(
        deployments.c.release_id == release_id, deployments.c.reinstates.is_(None)
    )
    deployment = record_of(Deployment, conn.execute(made).one())
    earlier = sa.select(deployments).where(
        deployments.c.model == deployment.model, deployments.c.id < deployment.id
    )
    return deployment, _first(conn, earlier.order_by(deployments.c.id.desc()).limit(1))


def champions(conn: Connection) -> tuple[Deployment, ...]:
    """Return what serves now, by model."""
    query = sa.select(deployments).where(deployments.c.retired_at.is_(None)).order_by(deployments.c.model)
    return tuple(record_of(Deployment, row) for row in conn.execute(query))


def deploy(conn: Connection, release: Release, candidate: Candidate, at: datetime) -> Deployment:
    """Make an approved release's candidate the champion, within the transaction of `conn`, once.

    Repeating it returns the first record, even when that was retired since. Two at once wait for each other.

    Raises
    ------
    DeploymentRefused
        When the release is not approved by its recorded answers, the candidate is not the one it is about,
        or a newer candidate serves already.
    """
    lock(conn, f"deployment of {release.model}")
    done = _first(
        conn,
        sa.select(deployments).where(
            deployments.c.release_id == release.id, deployments.c.reinstates.is_(None)
        ),
    )
    if done is not None:
        return done
    current = champion(conn, release.model)
    _refuse_unless_approved(conn, release.id, candidate.id)
    if current is not None and current.candidate_id > candidate.id:
        raise DeploymentRefused(f"{release.model}: version {current.version} serves already, and is newer.")
    if current is not None:
        _retire(conn, current, f"replaced by version {candidate.version}", at)
    made = _insert(
        conn,
        model=candidate.model,
        release_id=release.id,
        candidate_id=candidate.id,
        version=candidate.version,
        package_digest=candidate.package_digest,
        deployed_at=at,
    )
    conn.execute(sa.update(releases_table).where(releases_table.c.id == release.id).values(state="deployed"))
    return made


def withdraw(conn: Connection, deployment: Deployment, because: str, at: datetime) -> Deployment | None:
    """Retire a deployment that failed and bring back the one before it; return the champion afterwards.

    Repeating it changes nothing. A package that was ever withdrawn is not brought back: then nothing serves.
    """
    lock(conn, f"deployment of {deployment.model}")
    current = champion(conn, deployment.model)
    if current is None or current.id != deployment.id:
        return current
    _retire(conn, current, because, at, withdrawn=True)
    releases.close(conn, deployment.release_id, state="failed", reason=because, at=at)
    before = _before(conn, deployment)
    if before is None:
        return None
    return _insert(
        conn,
        model=before.model,
        release_id=before.release_id,
        candidate_id=before.candidate_id,
        version=before.version,
        package_digest=before.package_digest,
        deployed_at=at,
        reinstates=before.id,
    )


def _refuse_unless_approved(conn: Connection, release_id: int, candidate_id: int) -> None:
    """Read release, candidate and answers again under the lock, and judge them again."""
    release = releases.find(conn, release_id, lock=True)
    candidate = candidates.find(conn, candidate_id)
    if release is None or candidate is None:
        raise DeploymentRefused(f"Release {release_id} or candidate {candidate_id} is not recorded.")
    if release.state != "approved":
        raise DeploymentRefused(f"Release {release_id} of {release.model} is {release.state}, not approved.")
    pinned = (release.model, release.candidate_id, release.package_digest, release.dossier_digest)
    if pinned != (candidate.model, candidate.id, candidate.package_digest, candidate.dossier):
        raise DeploymentRefused(f"Candidate {candidate_id} is not what release {release_id} is about.")
    if candidate.state != "registered":
        raise DeploymentRefused(
            f"Candidate {candidate_id} of {candidate.model} was refused: {candidate.reason}"
        )
    answers = releases.approvals(conn, release_id)
    allowed = {
        answer.responder for answer in answers
    }  # who may answer was checked when the release was decided
    decision = decide(release, answers, approvers=allowed, trained_by=candidate.trained_by, newer=None)
    if decision.state != "approved":
        raise DeploymentRefused(
            f"Release {release_id} of {release.model} is marked approved, but: {decision.reason}"
        )


def _before(conn: Connection, deployment: Deployment) -> Deployment | None:
    bad = sa.select(deployments.c.package_digest).where(
        deployments.c.model == deployment.model, deployments.c.withdrawn
    )
    query = sa.select(deployments).where(
        deployments.c.model == deployment.model,
        deployments.c.id < deployment.id,
        deployments.c.package_digest.not_in(bad),
    )
    return _first(conn, query.order_by(deployments.c.id.desc()).limit(1))


def _retire(
    conn: Connection, deployment: Deployment, because: str, at: datetime, *, withdrawn: bool = False
) -> None:
    change = sa.update(deployments).where(deployments.c.id == deployment.id)
    conn.execute(change.values(retired_at=at, retired_because=because, withdrawn=withdrawn))


def _insert(conn: Connection, **values: object) -> Deployment:
    return record_of(
        Deployment, conn.execute(sa.insert(deployments).values(values).returning(deployments)).one()
    )


def _first(conn: Connection, query: sa.Select) -> Deployment | None:
    row = conn.execute(query).one_or_none()
    return None if row is None else record_of(Deployment, row)
