"""The migrations make exactly the tables that the code speaks of."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from airlock.governance.engine import connect
from airlock.governance.tables import metadata

CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version' ORDER BY 1, 2
"""
INDEXES = """
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1
"""


def test_alembic_finds_nothing_to_change(engine):
    with engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []


def test_constraints_and_indexes_are_those_of_the_tables(engine, fresh_database):
    made_from_tables = connect(fresh_database)
    metadata.create_all(made_from_tables)
    with engine.connect() as migrated, made_from_tables.connect() as made:
        for query in (CONSTRAINTS, INDEXES):
            assert migrated.execute(text(query)).all() == made.execute(text(query)).all()
    made_from_tables.dispose()


def test_upgrading_twice_changes_nothing_and_downgrading_leaves_nothing(migrate, fresh_database):
    migrate(fresh_database, "upgrade", "head")
    migrate(fresh_database, "upgrade", "head")
    migrate(fresh_database, "downgrade", "base")
    engine = connect(fresh_database)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    assert inspect(engine).get_view_names() == []
    engine.dispose()
