"""Going back: one step to the version before, by a person; and the drill, which goes back and returns."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import audit_log, deployments, withdrawal
from airlock.governance.deployments import Deployment
from airlock.governance.engine import lock
from airlock.governance.records import RecordError, record_of
from airlock.governance.tables import deployments as deployments_table

#: Why a champion is retired for a drill: a drill that was killed is known by it.
DRILL = "A rollback drill is held; it comes back at once."


def roll_back(
    conn: Connection, model: str, *, by: str, because: str, at: datetime, run: str
) -> tuple[Deployment, Deployment]:
    """Take the champion back for good, let the version before serve again, and return both; once per run.

    Its release fails, and what runs beside it is stopped. Where a drill is held, or was broken off, the
    champion is what the drill has replaced.

    Raises
    ------
    RecordError
        When nothing serves, there is nothing to go back to, or what a drill has replaced cannot be proved.
        Nothing is changed then.
    """
    lock(conn, f"deployment of {model}")
    done = _of_run(conn, model, run)
    if done is not None:
        return done
    serving = deployments.champion(conn, model)
    if serving is None:
        raise RecordError(
            f"{model}: nothing serves, so nothing can be taken back. Release a version instead."
        )
    current = released_champion(conn, model) or serving
    withdrawal.hold_releases(conn, current)
    before = deployments.earlier(conn, current)
    if before is None:
        raise RecordError(
            f"{model}: there is nothing to go back to. No other version was deployed before version "
            f"{current.version}, was never withdrawn and can be proved. It goes on serving: trigger "
            f"{model}.release to release another one."
        )
    if current != serving:
        current = swap(
            conn, serving, current, by=by, because="A rollback broke the drill off.", at=at, run=run
        )
    withdrawal.take_out(conn, current, f"Rolled back by {by}: {because}", at)
    serves = deployments.bring_back(conn, before, at=at)
    facts = current.facts | {"reason": because, "serves": serves.id}
    audit_log.append(conn, "rolled_back", actor=by, at=at, model=model, run=run, facts=facts)
    deployments.log_deployed(conn, serves, by=by, run=run, reinstates=before.id)
    return _find(conn, current.id), serves


def swap(
    conn: Connection,
    current: Deployment,
    other: Deployment,
    *,
    by: str,
    because: str,
    at: datetime,
    run: str,
) -> Deployment:
    """Let an earlier deployment serve again instead of the champion, which may come back; return its row.

    Raises
    ------
    RecordError
        When `current` does not serve any more, so somebody has changed production meanwhile.
    DeploymentRefused
        When the earlier one cannot be proved.
    """
    lock(conn, f"deployment of {current.model}")
    champion = deployments.champion(conn, current.model)
    if champion is None or champion.id != current.id:
        now = f"version {champion.version} serves" if champion else "nothing serves"
        raise RecordError(f"{current.model}: somebody has changed production meanwhile, and {now} now.")
    deployments.prove(conn, other, serves=False)
    deployments.retire(conn, current, because, at)
    serves = deployments.bring_back(conn, other, at=at)
    deployments.log_deployed(conn, serves, by=by, run=run, reinstates=other.id)
    return serves


def released_champion(conn: Connection, model: str) -> Deployment | None:
    """Return what serves a model, or what a drill has put aside for as long as it is held."""
    return left_by_a_drill(conn, model) or deployments.champion(conn, model)


def left_by_a_drill(conn: Connection, model: str) -> Deployment | None:
    """Return what a drill that was killed has retired and not brought back."""
    champion = deployments.champion(conn, model)
    if champion is None:
        return None
    known = deployments_table.c
    query = sa.select(deployments_table).where(known.model == model, known.id < champion.id)
    row = conn.execute(query.order_by(known.id.desc()).limit(1)).one_or_none()
    return record_of(Deployment, row) if row is not None and row.retired_because == DRILL else None


def _of_run(conn: Connection, model: str, run: str) -> tuple[Deployment, Deployment] | None:
    for entry in audit_log.of_run(conn, "rolled_back", model=model, run=run):
        return _find(conn, entry.facts["deployment"]), _find(conn, entry.facts["serves"])
    return None


def _find(conn: Connection, deployment_id: int) -> Deployment:
    query = sa.select(deployments_table).where(deployments_table.c.id == deployment_id)
    return record_of(Deployment, conn.execute(query).one())
