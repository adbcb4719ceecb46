"""Why a candidate is not in production, in one line, for any candidate.

`python -m airlock.governance.why credit_risk [--version 3]` prints it; `make why MODEL=credit_risk` runs it.
"""

import argparse
import sys
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import approvals, audit_log
from airlock.governance.candidates import Candidate, every
from airlock.governance.challengers import Challenger
from airlock.governance.deployments import Deployment
from airlock.governance.engine import connect
from airlock.governance.records import record_of
from airlock.governance.releases import Release
from airlock.governance.tables import audit_log as log_table
from airlock.governance.tables import challengers as challengers_table
from airlock.governance.tables import deployments as deployments_table
from airlock.governance.tables import releases as releases_table
from airlock.settings import SettingsError, database_url

T = TypeVar("T")


def why_not(conn: Connection, candidate: Candidate) -> str:
    """Say in one line why a candidate is not in production, or since when it is."""
    if candidate.state == "refused":
        return f"Its gates refused it: {candidate.reason}"
    deployment = _newest(conn, Deployment, deployments_table, candidate.id)
    release = _newest(conn, Release, releases_table, candidate.id)
    answered = len(approvals.of_release(conn, release.id)) if release else 0
    challenger = _newest(conn, Challenger, challengers_table, candidate.id)
    if release is None and deployment is None and (refused := _refusal(conn, candidate)):
        return f"It was not let in: {refused}"
    return standing(candidate.model, deployment, release, answered, challenger)


def standing(
    model: str,
    deployment: Deployment | None,
    release: Release | None,
    answered: int,
    challenger: Challenger | None = None,
) -> str:
    """Say where a registered candidate stands, from what is newest of it and how many have answered."""
    if deployment:
        since = f"{deployment.deployed_at:%Y-%m-%d %H:%M} UTC"
        if deployment.retired_at is None:
            return f"It is in production, since {since}."
        because = (deployment.retired_because or "no reason is recorded").rstrip(".")
        until = f"{deployment.retired_at:%Y-%m-%d %H:%M} UTC"
        verb = "was withdrawn" if deployment.withdrawn else "ended"
        return f"It was in production from {since} and {verb} at {until}: {because}."
    if release is None:
        return f"No release of it was opened yet: look at the runs of {model}.release."
    if challenger is not None and challenger.ended_at is None:
        return f"{_runs(challenger)} since {challenger.started_at:%Y-%m-%d %H:%M} UTC ({challenger.way})."
    return _waits(release, answered)


def _runs(challenger: Challenger) -> str:
    if challenger.way == "shadow":
        return "It runs beside the champion unheard,"
    return f"It answers {challenger.share * 100:.0f} % of the entities,"


def _refusal(conn: Connection, candidate: Candidate) -> str | None:
    """Return why a candidate was last kept out of production, as the audit log has it."""
    about = (
        log_table.c.model == candidate.model,
        log_table.c.act == "deployment_refused",
        log_table.c.facts["candidate"].as_string() == str(candidate.id),
    )
    refused = list(audit_log.entries(conn, *about))
    return str(refused[-1].facts["reason"]) if refused else None


def _waits(release: Release, answered: int) -> str:
    if release.state == "open":
        missing = release.people - answered
        people = "person" if missing == 1 else "people"
        if missing > 0:
            return f"It waits for {missing} of {release.people} {people} to answer ({release.dag_run_id})."
        return f"Everybody has answered, and nothing is decided yet ({release.dag_run_id})."
    if release.state == "approved":
        return f"It is approved and not deployed yet: look at the run {release.dag_run_id}."
    return release.reason


def _newest(conn: Connection, kind: type[T], table: sa.Table, candidate: int) -> T | None:
    query = sa.select(table).where(table.c.candidate_id == candidate).order_by(table.c.id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else record_of(kind, row)


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each candidate of a model, newest first, or for one version."""
    parser = argparse.ArgumentParser(prog="python -m airlock.governance.why", description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--version", type=int, help="only this one")
    asked = parser.parse_args(arguments)
    try:
        engine = connect(database_url())
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    with engine.connect() as conn:
        found = [
            one for one in every(conn, asked.model) if asked.version is None or one.version == asked.version
        ]
        for candidate in found:
            name = f"version {candidate.version}" if candidate.version else f"run {candidate.dag_run_id}"
            print(f"{asked.model} {name}: {why_not(conn, candidate)}")
    if not found:
        wanted = asked.model if asked.version is None else f"{asked.model} version {asked.version}"
        print(f"No candidate of {wanted} is recorded.", file=sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
