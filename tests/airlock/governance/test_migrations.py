"""The migrations make exactly the tables that the code speaks of."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from airlock.digests import digest_of
from airlock.governance import audit_log, deployments
from airlock.governance.engine import connect
from airlock.governance.passage import DeploymentRefused
from airlock.governance.tables import metadata
from tests.airlock.serving.scoring_api import wait_until

CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version' ORDER BY 1, 2
"""
INDEXES = """
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1
"""

#: What every insert takes first.
TO_INSERT = text("LOCK TABLE predictions IN ROW EXCLUSIVE MODE NOWAIT")
BUILDING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'CREATE INDEX%' "
    "AND wait_event_type = 'Lock'"
)

A_RELEASE_BEFORE_THE_LOG = f"""
INSERT INTO candidates (model, dag_run_id, state, reason, version, mlflow_run_id, package_digest,
    snapshot_digest, spec_digest, evidence_digest, dossier_digest, evidence, trained_by, cause, as_of,
    recorded_at)
VALUES ('loans', 't', 'registered', 'all gates passed', 7, 'm', 'p', 's', 's', '{digest_of({})}', 'd', '{{}}',
    'dana', 'a test', '2026-01-01 00:00:00.1Z', '2026-01-01 00:00:00.1Z');
INSERT INTO releases (model, dag_run_id, candidate_id, package_digest, dossier_digest, people, state, reason,
    opened_at, decided_at)
VALUES ('loans', 'r', 1, 'p', 'd', 1, 'deployed', 'Approved by ria.', '2026-01-02', '2026-01-03');
INSERT INTO approvals VALUES (1, 1, 'ria', 'Approve', 'fine', 'd', '2026-01-02 12:00Z');
INSERT INTO deployments (model, release_id, candidate_id, version, package_digest, deployed_at, retired_at,
    retired_because)
VALUES ('loans', 1, 1, 7, 'p', '2026-01-03', '2026-01-05', 'replaced by version 8');
INSERT INTO deployments (model, release_id, candidate_id, version, package_digest, deployed_at, reinstates)
VALUES ('loans', 1, 1, 7, 'p', '2026-01-06', 1)
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


def test_two_runs_at_a_time_wait_for_each_other(migrate, fresh_database):
    with ThreadPoolExecutor() as both:
        for run in [both.submit(migrate, fresh_database, "upgrade", "head") for _ in range(2)]:
            run.result()


def test_answers_are_written_while_an_index_on_them_is_built(migrate, fresh_database):
    migrate(fresh_database, "upgrade", "0010")
    engine = connect(fresh_database)
    with ThreadPoolExecutor() as beside:
        with engine.connect() as writing, engine.connect() as looking:
            looking.execution_options(isolation_level="AUTOCOMMIT")
            writing.execute(TO_INSERT)
            run = beside.submit(migrate, fresh_database, "upgrade", "head")
            wait_until(lambda: looking.execute(BUILDING).scalar_one() or run.done(), "the index is built")
            with engine.begin() as another:
                another.execute(TO_INSERT)
        run.result()
    engine.dispose()


def test_an_index_whose_build_was_broken_off_is_built_again(migrate, fresh_database):
    migrate(fresh_database, "upgrade", "0010")
    engine = connect(fresh_database)
    with engine.begin() as conn:
        conn.execute(text("CREATE INDEX predictions_by_version ON predictions (model)"))
    migrate(fresh_database, "upgrade", "head")
    with engine.connect() as conn:
        defined = conn.execute(text("SELECT indexdef FROM pg_indexes WHERE indexname LIKE '%by_version'"))
        assert "(model, version, purpose, scored_at)" in defined.scalar_one()
    engine.dispose()


def test_what_was_deployed_before_there_was_a_log_is_still_proved(migrate, fresh_database):
    migrate(fresh_database, "upgrade", "0004")
    engine = connect(fresh_database)
    with engine.begin() as conn:
        conn.execute(text(A_RELEASE_BEFORE_THE_LOG))
    migrate(fresh_database, "upgrade", "head")
    with engine.connect() as conn:
        deployments.prove(conn, deployments.champion(conn, "loans"))
        log = list(audit_log.entries(conn))
        assert audit_log.head(conn).digest == log[-1].digest
        conn.execute(text("UPDATE approvals SET responder = 'mallory'"))
        with pytest.raises(DeploymentRefused, match="that mallory gave answer 1"):
            deployments.prove(conn, deployments.champion(conn, "loans"))
    engine.dispose()
    assert [row.act for row in log] == [
        "candidate_registered",
        "release_opened",
        "answer_recorded",
        "release_closed",
        "deployed",
        "deployed",
    ]
    assert all(row.digest == row.true_digest for row in log)
    assert [row.previous for row in log] == [audit_log.GENESIS, *(row.digest for row in log[:-1])]
