"""Each database role may do what the table of grants says, and nothing else."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import audit_log, grants
from airlock.governance.engine import connect
from airlock.governance.grants import FUNCTIONS, GRANTS, READER, ROLES, SCORING, TASKS
from airlock.governance.records import RecordError
from tests.airlock.database_roles import as_role
from tests.airlock.governance.records import MOMENT, approved_release, register

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
ON_TABLES = """
SELECT relname, privilege FROM pg_class, unnest(:privileges) AS privilege
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S', 'p', 'm')
AND has_table_privilege(:role, pg_class.oid, privilege)
"""
ON_COLUMNS = """
SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
AND has_column_privilege(:role, attrelid, attnum, 'UPDATE')
"""
BEYOND_TABLES = """
SELECT has_schema_privilege(:role, 'public', 'USAGE'), has_schema_privilege(:role, 'public', 'CREATE'),
    has_database_privilege(:role, current_database(), 'CREATE'),
    (SELECT count(*) FROM pg_class WHERE pg_has_role(:role, relowner, 'MEMBER')),
    (SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls FROM pg_roles WHERE rolname = :role)
"""
FUNCTIONS_OF = """
SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
AND has_function_privilege(:role, oid, 'EXECUTE')
"""
As = Callable[[str], Connection]


@pytest.fixture(scope="module")
def database(new_airlock_database: Callable[[], str]) -> str:
    """A migrated database with one candidate that dana trained and ria approved."""
    url = new_airlock_database()
    owner = connect(url)
    with owner.begin() as conn:
        approved_release(conn, register(conn))
    owner.dispose()
    return url


@pytest.fixture
def acting_as(database: str) -> Iterator[As]:
    """Connect to it as one of its roles, in a transaction that is rolled back."""
    with ExitStack() as stack:

        def start(role: str) -> Connection:
            engine = connect(as_role(role, database))
            stack.callback(engine.dispose)
            return stack.enter_context(engine.connect())

        yield start


def declared(role: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return what the table of grants says: privileges on whole tables, and columns that may be updated."""
    whole = {(table, one) for table, given in GRANTS[role].items() for one in given if "(" not in one}
    columns = {
        (table, column)
        for table, given in GRANTS[role].items()
        for one in given
        if (found := re.fullmatch(r"UPDATE \((.+)\)", one))
        for column in found[1].split(", ")
    }
    return whole, columns


def on_tables(conn: Connection, role: str) -> set[tuple[str, str]]:
    given = {"role": role, "privileges": list(PRIVILEGES)}
    return {tuple(row) for row in conn.execute(sa.text(ON_TABLES), given)}


def updatable(conn: Connection, role: str) -> set[tuple[str, str]]:
    return {tuple(row) for row in conn.execute(sa.text(ON_COLUMNS), {"role": role})}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_exactly_its_grants(acting_as: As, role: str) -> None:
    conn = acting_as(role)
    assert (on_tables(conn, role), updatable(conn, role)) == declared(role)
    usage, *more = conn.execute(sa.text(BEYOND_TABLES), {"role": role}).one()
    assert usage and not any(more), "it uses the schema, and owns and makes nothing"
    callable_ = set(conn.execute(sa.text(FUNCTIONS_OF), {"role": role}).scalars())
    assert callable_ == set(FUNCTIONS.get(role, ()))


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (TASKS, "UPDATE audit_log SET actor = 'nobody'"),
        (TASKS, "DELETE FROM audit_log"),
        (TASKS, "TRUNCATE audit_log"),
        (TASKS, "ALTER TABLE audit_log DISABLE TRIGGER ALL"),
        (TASKS, "DROP TRIGGER refuse_changes ON audit_log"),
        (TASKS, "CREATE OR REPLACE FUNCTION keep_the_chain() RETURNS trigger LANGUAGE sql AS ''"),
        (TASKS, "UPDATE audit_head SET seq = 0"),
        (TASKS, "SET session_replication_role = replica"),
        (TASKS, "UPDATE approvals SET responder = 'omar'"),
        (TASKS, "DELETE FROM approvals"),
        (TASKS, "UPDATE candidates SET trained_by = 'omar'"),
        (TASKS, "UPDATE releases SET people = 0"),
        (TASKS, "UPDATE releases SET dossier_digest = 'another'"),
        (TASKS, "UPDATE deployments SET package_digest = 'another'"),
        (TASKS, "UPDATE challengers SET way = 'shadow'"),
        (TASKS, "UPDATE predictions SET score = 0"),
        (TASKS, "DELETE FROM predictions"),
        (TASKS, "UPDATE batches SET deletion_id = 1"),
        (TASKS, "DELETE FROM deletions"),
        (SCORING, "SELECT delete_batch(1, 'r')"),
        (READER, "SELECT delete_answers('loans', '{}', 'r')"),
        (TASKS, "DELETE FROM deployments"),
        (TASKS, "SET ROLE postgres"),
        (TASKS, "CREATE TABLE public.own (id int)"),
        (SCORING, "INSERT INTO deployments (model) VALUES ('loans')"),
        (SCORING, "UPDATE deployments SET retired_at = NULL"),
        (SCORING, "UPDATE predictions SET score = 0"),
        (SCORING, "DELETE FROM predictions"),
        (SCORING, "INSERT INTO audit_log SELECT * FROM audit_log"),
        (SCORING, "SELECT * FROM quarantine"),
        (READER, "INSERT INTO notices SELECT * FROM notices"),
        (READER, "UPDATE releases SET state = 'approved'"),
        (READER, "DELETE FROM predictions"),
        (READER, "SELECT 1 FROM releases FOR UPDATE"),
    ],
)
def test_what_is_not_granted_is_refused(acting_as: As, role: str, statement: str) -> None:
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied|must be owner"):
        acting_as(role).execute(sa.text(statement))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reads_what_it_decides_by(acting_as: As, role: str) -> None:
    conn = acting_as(role)
    assert conn.execute(sa.text("SELECT count(*) FROM approvals")).scalar_one() == 1
    assert conn.execute(sa.text("SELECT count(*) FROM audit_log")).scalar_one() > 0


def test_a_temporary_table_does_not_pass_for_the_head_of_the_log(acting_as: As) -> None:
    conn = acting_as(TASKS)
    before = audit_log.head(conn)
    conn.execute(
        sa.text("CREATE TEMPORARY TABLE audit_head AS SELECT 1 AS id, 0::bigint AS seq, :genesis AS digest"),
        {"genesis": audit_log.GENESIS},
    )
    conn.execute(sa.text("GRANT ALL ON pg_temp.audit_head TO PUBLIC"))
    with pytest.raises(sa.exc.DBAPIError, match="does not follow the last row"):
        audit_log.append(conn, "deployed", actor="mallory", at=MOMENT)
    assert before.seq > 0


@pytest.fixture
def owner(airlock_database: str) -> Iterator[Connection]:
    """A connection of the role that owns the tables of a database of this test's own."""
    engine = connect(airlock_database)
    with engine.connect() as conn:
        yield conn
    engine.dispose()


def test_who_may_connect_is_named_and_temporary_tables_are_for_nobody(owner: Connection) -> None:
    query = sa.text("SELECT has_database_privilege(:role, current_database(), :privilege)")
    grants.apply(owner, complete=True)
    for role in ROLES:
        for privilege, has in (("CONNECT", True), ("TEMP", False)):
            assert owner.execute(query, {"role": role, "privilege": privilege}).scalar_one() == has
    acl = owner.execute(sa.text("SELECT datacl FROM pg_database WHERE datname = current_database()"))
    assert not re.search(r"[{,]=", acl.scalar_one()), "PUBLIC has nothing"


def test_what_was_granted_by_hand_is_taken_back(owner: Connection) -> None:
    owner.execute(sa.text("GRANT UPDATE (responder) ON approvals TO airlock_tasks"))
    owner.execute(sa.text("GRANT UPDATE ON audit_log TO PUBLIC"))
    assert updatable(owner, TASKS) > declared(TASKS)[1]
    grants.apply(owner, complete=True)
    assert updatable(owner, TASKS) == declared(TASKS)[1]


def test_tables_that_are_not_complete_are_for_their_owner_alone(
    migrate: Callable[..., None], airlock_database: str, owner: Connection
) -> None:
    migrate(airlock_database, "downgrade", "-1")
    assert [on_tables(owner, role) for role in ROLES] == [set()] * len(ROLES)


def test_a_role_that_is_missing_is_named_with_what_makes_it(
    owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grants, "ROLES", (*ROLES, "airlock_absent"))
    with pytest.raises(RecordError, match="CREATE ROLE airlock_absent LOGIN"):
        grants.apply(owner, complete=True)
