"""How Alembic reaches the airlock database."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import context
from sqlalchemy.engine import Engine

from airlock.governance import grants
from airlock.governance.engine import connect
from airlock.governance.tables import metadata
from airlock.settings import database_url

ASKED_AGAIN_SECONDS = 0.2


def run() -> None:
    """Run the migrations and then grant what each role needs; two runs wait for each other."""
    engine = connect(database_url(), pooled=False)
    with _alone(engine), engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()
            current = context.get_context().get_current_heads()
            grants.apply(connection, complete=set(current) == set(context.script.get_heads()))


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Ask for the lock until it is free: a statement that waited would hold up an index that is built."""
    lock = sa.select(sa.func.pg_try_advisory_lock(sa.func.hashtextextended("airlock migrations", 0)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.execute(lock).scalar_one():
            time.sleep(ASKED_AGAIN_SECONDS)
        yield


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database only: set AIRLOCK_DATABASE_URL and leave --sql out.")
run()
