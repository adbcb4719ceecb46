"""What the databases hold: the night's rows, and a model that came through the airlock."""

import io
from datetime import UTC, datetime

import pyarrow as pa
import sqlalchemy as sa
from pyarrow import csv

from airlock.governance import approvals, candidates, deployments, releases
from airlock.governance.engine import connect
from airlock.package.package import Package

SQL_TYPES = {pa.float64(): "double precision", pa.bool_(): "boolean", pa.string(): "text"}


def load(warehouse: str, night: pa.Table) -> None:
    """Write the night's rows into the table `loans` of the warehouse."""
    columns = ", ".join(f"{field.name} {SQL_TYPES.get(field.type, 'timestamptz')}" for field in night.schema)
    lines = io.BytesIO()
    csv.write_csv(night, lines, csv.WriteOptions(include_header=False))
    lines.seek(0)
    engine = sa.create_engine(warehouse)
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE loans ({columns})"))
        connection.connection.cursor().copy_expert("COPY loans FROM STDIN (FORMAT csv)", lines)
        connection.execute(sa.text("ANALYZE loans"))
    engine.dispose()


def deploy(database: str, package: Package) -> None:
    """Bring the package through the airlock as version 1, one person approving."""
    now = datetime.now(UTC)
    engine = connect(database)
    with engine.begin() as conn:
        candidate = candidates.record(
            conn,
            model=package.signature.model,
            dag_run_id="bench",
            state="registered",
            reason="to be measured",
            version=1,
            mlflow_run_id="bench",
            package_digest=package.digest,
            snapshot_digest="5" * 64,
            spec_digest="5" * 64,
            dossier_digest="5" * 64,
            evidence={},
            trained_by="dana",
            cause="the bench",
            as_of=now,
            recorded_at=now,
        )
        release = releases.open_release(
            conn, candidate=candidate, dag_run_id="bench", people=1, opened_at=now
        )
        approvals.record(
            conn,
            release_id=release.id,
            slot=1,
            responder="ria",
            choice="Approve",
            reason="to be measured",
            dossier_digest=release.dossier_digest,
            responded_at=now,
        )
        approved = releases.close(conn, release.id, state="approved", reason="Approved by ria.", at=now)
        deployments.deploy(conn, approved, candidate, now)
    engine.dispose()
