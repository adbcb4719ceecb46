"""Deployments: what serves, since when and why. The one truth about production."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import audit_log, challenger_proof, challengers, releases
from airlock.governance.candidates import Candidate
from airlock.governance.engine import lock
from airlock.governance.passage import DeploymentRefused, prove_logged, prove_passage
from airlock.governance.records import record_of
from airlock.governance.releases import Release
from airlock.governance.tables import deployments
from airlock.governance.tables import releases as releases_table


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

    @property
    def facts(self) -> dict[str, int | str]:
        """What names it in the audit log."""
        return {
            "deployment": self.id,
            "release": self.release_id,
            "candidate": self.candidate_id,
            "version": self.version,
            "package_digest": self.package_digest,
        }


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


def first(conn: Connection, model: str) -> Deployment | None:
    """Return what served a model first of all."""
    query = sa.select(deployments).where(deployments.c.model == model).order_by(deployments.c.id).limit(1)
    return _first(conn, query)


def find(conn: Connection, deployment_id: int) -> Deployment | None:
    """Return a deployment by its number."""
    return _first(conn, sa.select(deployments).where(deployments.c.id == deployment_id))


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


def earlier(conn: Connection, deployment: Deployment) -> Deployment | None:
    """Return what may come back instead of a deployment: the newest before it that can still be proved.

    Another package than its own, and none that was ever withdrawn.
    """
    bad = sa.select(deployments.c.package_digest).where(
        deployments.c.model == deployment.model, deployments.c.withdrawn
    )
    query = sa.select(deployments).where(
        deployments.c.model == deployment.model,
        deployments.c.id < deployment.id,
        deployments.c.package_digest != deployment.package_digest,
        deployments.c.package_digest.not_in(bad),
    )
    for row in conn.execute(query.order_by(deployments.c.id.desc())).all():
        found = record_of(Deployment, row)
        with suppress(DeploymentRefused):
            prove(conn, found, serves=False)
            return found
    return None


def prove(conn: Connection, deployment: Deployment, *, serves: bool = True) -> None:
    """Prove that a deployment came through the airlock and, if it `serves`, is the last that the log names.

    Raises
    ------
    DeploymentRefused
        When records or audit log say otherwise.
    """
    candidate = prove_passage(conn, deployment.release_id, deployment.candidate_id, states=("deployed",))
    facts = (deployment.model, deployment.version, deployment.package_digest)
    if facts != (candidate.model, candidate.version, candidate.package_digest):
        raise DeploymentRefused(
            f"Deployment {deployment.id} of {deployment.model} is not what release {deployment.release_id} "
            "is about: its record was changed past Airlock. Look for who changed it."
        )
    prove_logged(conn, deployment.model, deployment.facts, serves=serves)


def deploy(conn: Connection, release: Release, candidate: Candidate, at: datetime) -> Deployment:
    """Make an approved release's candidate the champion, within the transaction of `conn`, once.

    Repeating it returns the first record, even when that was retired since. Two at once wait for each other.

    Raises
    ------
    DeploymentRefused
        When the passage cannot be proved, the candidate had to run beside what serves first and has not come
        out of that as passed, or a newer candidate serves already.
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
    release = releases.find(conn, release.id, lock=True) or release
    prove_passage(conn, release.id, candidate.id)
    current = champion(conn, release.model)
    _refuse_unless_its_turn(conn, release, candidate, current)
    if current is not None:
        retire(conn, current, f"replaced by version {candidate.version}", at)
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
    more = {"dossier_digest": release.dossier_digest, "replaced": current and current.version}
    log_deployed(conn, made, by=f"{release.model}.release", run=release.run, **more)
    return made


def retire(
    conn: Connection, deployment: Deployment, because: str, at: datetime, *, withdrawn: bool = False
) -> None:
    """End a deployment."""
    change = sa.update(deployments).where(deployments.c.id == deployment.id)
    conn.execute(change.values(retired_at=at, retired_because=because, withdrawn=withdrawn))


def bring_back(conn: Connection, deployment: Deployment, *, at: datetime) -> Deployment:
    """Make what served before the champion again, in a row of its own that names the one it reinstates."""
    return _insert(
        conn,
        model=deployment.model,
        release_id=deployment.release_id,
        candidate_id=deployment.candidate_id,
        version=deployment.version,
        package_digest=deployment.package_digest,
        deployed_at=at,
        reinstates=deployment.id,
    )


def log_deployed(conn: Connection, made: Deployment, *, by: str, run: str, **more: object) -> None:
    """Write into the audit log what serves from now on."""
    facts = made.facts | more
    audit_log.append(conn, "deployed", actor=by, at=made.deployed_at, model=made.model, run=run, facts=facts)


def _refuse_unless_its_turn(
    conn: Connection, release: Release, candidate: Candidate, current: Deployment | None
) -> None:
    trial = challengers.of_release(conn, release.id)
    missing = trial.outcome != "passed" if trial else current is not None
    if release.way != "full" and missing:
        became = (trial.outcome or "still runs") if trial else "was never started"
        raise DeploymentRefused(
            f"Release {release.id} of {release.model} goes by way of {release.way}, and its challenger "
            f"has not passed: {became}."
        )
    if release.way != "full" and trial:
        challenger_proof.prove_passed(conn, trial)
    if current is not None and current.candidate_id > candidate.id:
        raise DeploymentRefused(f"{release.model}: version {current.version} serves already, and is newer.")


def _insert(conn: Connection, **values: object) -> Deployment:
    return record_of(
        Deployment, conn.execute(sa.insert(deployments).values(values).returning(deployments)).one()
    )


def _first(conn: Connection, query: sa.Select) -> Deployment | None:
    row = conn.execute(query).one_or_none()
    return None if row is None else record_of(Deployment, row)
