"""Signposts: what MLflow shows people of a version and of the model. Nothing obeys them."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from airlock.governance import approvals, candidates, challengers, deployments, releases
from airlock.governance.candidates import Candidate
from airlock.governance.tables import releases as releases_table
from airlock.governance.why import why_not
from airlock.training.registry import Sign, show_signs


def show_release(release_id: int, *, engine: Engine, airflow_url: str) -> None:
    """Show in MLflow how a release stands: its version, the one it replaced, and what runs beside it.

    The alias `champion` is not touched: whoever moved it by hand is found by the nightly comparison, not
    tidied up after.

    Parameters
    ----------
    airflow_url
        Where Airflow's pages are; the dossier is one of them.
    """
    with engine.connect() as connection:
        release = releases.find(connection, release_id)
        if release is None:
            return
        challenger = challengers.active(connection, release.model)
        signs = [
            _sign(connection, candidate, airflow_url)
            for number in _concerned(connection, release)
            if (candidate := candidates.find(connection, number)) and candidate.version
        ]
    show_signs(release.model, signs, challenger=challenger.version if challenger else None)


def _concerned(connection: Connection, release: releases.Release) -> list[int]:
    """Return the candidates whose standing a release may have changed."""
    if release.state != "deployed":
        return [release.candidate_id]
    _, before = deployments.of_release(connection, release.id)
    return [release.candidate_id, *([before.candidate_id] if before else [])]


def _sign(connection: Connection, candidate: Candidate, airflow_url: str) -> Sign:
    found = _newest_release(connection, candidate)
    answers = approvals.of_release(connection, found.id) if found else ()
    facts, dossier = candidate.evidence, ""
    if candidate.dossier_digest:
        dossier = f"{airflow_url}/airlock/dossiers/{candidate.dossier_digest}/dossier.html"
    return Sign(
        version=candidate.registered_version,
        title=str(facts.get("title", candidate.model)),
        purpose=str(facts.get("purpose", "")),
        owner=str(facts.get("owner", "")),
        tier=str(facts.get("tier", "")),
        trained_by=candidate.trained_by,
        cause=candidate.cause,
        dossier=dossier,
        state=found.state if found else candidate.state,
        standing=why_not(connection, candidate),
        decided_at=found.decided_at.isoformat() if found and found.decided_at else "",
        approved_by=", ".join(one.responder for one in answers if one.choice == "Approve"),
    )


def _newest_release(connection: Connection, candidate: Candidate) -> releases.Release | None:
    about = releases_table.c.candidate_id == candidate.id
    query = sa.select(releases_table.c.id).where(about).order_by(releases_table.c.id.desc()).limit(1)
    number = connection.execute(query).scalar_one_or_none()
    return None if number is None else releases.find(connection, number)
