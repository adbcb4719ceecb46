"""How Alembic reaches the airlock database."""

from alembic import context

from airlock.governance import grants
from airlock.governance.engine import connect, lock
from airlock.governance.tables import metadata
from airlock.settings import database_url


def run() -> None:
    """Run the migrations and grant what each role needs, in one transaction; two runs wait for each other."""
    engine = connect(database_url())
    with engine.begin() as connection:
        lock(connection, "airlock migrations")
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()
            current = context.get_context().get_current_heads()
            grants.apply(connection, complete=set(current) == set(context.script.get_heads()))
    engine.dispose()


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database only: set AIRLOCK_DATABASE_URL and leave --sql out.")
run()
