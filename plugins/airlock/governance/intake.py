"""The intake as the audit log tells it: which versions of MLflow it found, and who registered them."""

from sqlalchemy.engine import Connection

from airlock.governance.audit_log import Act
from airlock.governance.passage import proved_entries

FOUND: Act = "version_found"


def run_id_of(version: int) -> str:
    """Return the id of the one training that the intake starts for a version.

    >>> run_id_of(7)
    'intake__version_7'
    """
    return f"intake__version_{version}"


def cause_of(version: int) -> str:
    """Return why that training runs."""
    return f"version {version} was registered in MLflow by hand"


def registered_by(conn: Connection, model: str, version: int) -> str | None:
    """Return who registered a version, as MLflow told it when it was found; None where it never was."""
    found = proved_entries(conn, model, (FOUND,), version=version)
    return str(found[-1].facts["registered_by"]) if found else None
