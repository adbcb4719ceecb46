"""Withdrawal: a champion that failed is taken out for good, and the version before it comes back."""

from datetime import datetime

from sqlalchemy.engine import Connection

from airlock.governance import audit_log, challengers, deployments, releases
from airlock.governance.deployments import Deployment
from airlock.governance.engine import lock
from airlock.governance.releases import Release


def withdraw(conn: Connection, deployment: Deployment, because: str, at: datetime) -> Deployment | None:
    """Retire a deployment that failed and bring back the one before it; return the champion afterwards.

    Repeating it changes nothing. What was ever withdrawn or cannot be proved is not brought back: where there
    is nothing else, nothing serves.
    """
    lock(conn, f"deployment of {deployment.model}")
    current = deployments.champion(conn, deployment.model)
    if current is None or current.id != deployment.id:
        return current
    release = hold_releases(conn, deployment)
    actor = f"{deployment.model}.release"
    before = deployments.earlier(conn, deployment)
    take_out(conn, deployment, because, at)
    facts = deployment.facts | {"reason": because}
    audit_log.append(
        conn, "withdrawn", actor=actor, at=at, model=deployment.model, run=release.run, facts=facts
    )
    if before is None:
        return None
    serves = deployments.bring_back(conn, before, at=at)
    deployments.log_deployed(conn, serves, by=actor, run=release.run, reinstates=before.id)
    return serves


def hold_releases(conn: Connection, deployment: Deployment) -> Release:
    """Lock the releases that `take_out` will close, before the log has its first row; return its own."""
    release = releases.find(conn, deployment.release_id, lock=True)
    assert release is not None  # a foreign key holds it
    challenger = challengers.active(conn, deployment.model)
    if challenger is not None:
        releases.find(conn, challenger.release_id, lock=True)
    return release


def take_out(conn: Connection, deployment: Deployment, because: str, at: datetime) -> None:
    """Retire a champion that shall never come back by itself, fail its release, stop what runs beside it."""
    challenger = challengers.active(conn, deployment.model)
    deployments.retire(conn, deployment, because, at, withdrawn=True)
    _fail(conn, deployment.release_id, because, at)
    if challenger is not None:
        stopped = f"Stopped: the champion it ran beside, version {deployment.version}, was taken back."
        challengers.end(conn, challenger, outcome="stopped", because=stopped, at=at)
        _fail(conn, challenger.release_id, stopped, at)


def _fail(conn: Connection, release_id: int, because: str, at: datetime) -> None:
    """Close a release as failed, unless it has ended before: a forged deployment may name such a one."""
    release = releases.find(conn, release_id)
    if release is not None and release.state in ("approved", "deployed"):
        releases.close(conn, release_id, state="failed", reason=because, at=at)
