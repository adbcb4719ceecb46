"""How every part reaches the airlock database."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

CONNECT_SECONDS = 5


def connect(
    url: str, *, application: str = "airlock", statement_seconds: float = 0, pooled: bool = True
) -> Engine:
    """Return an engine for the airlock database; nothing is opened before it is used.

    Parameters
    ----------
    url
        SQLAlchemy URL (psycopg2).
    application
        The name PostgreSQL shows for the connections.
    statement_seconds
        How long one statement may take; 0 sets no limit.
    pooled
        Whether a connection stays open between its uses: for a server, not for a task, of which many run.
    """
    options = f"-c timezone=UTC -c statement_timeout={round(statement_seconds * 1000)}"
    return sa.create_engine(
        url,
        poolclass=sa.QueuePool if pooled else sa.NullPool,
        pool_pre_ping=pooled,
        hide_parameters=True,  # rows hold personal data, which must not end in an error message
        connect_args={
            "application_name": application,
            "connect_timeout": CONNECT_SECONDS,
            "options": options,
        },
    )


def lock(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds the lock of this name, and hold it until this one ends."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))
