"""Which database role may do what: least privilege, in one table.

The tables belong to the role that migrates them, which no running process is. Applied at the end of every
migration, after everything else was taken away: a grant made by hand does not outlive the next one.
"""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance.records import RecordError
from airlock.governance.tables import metadata

#: Airflow's tasks; the scoring API; whoever only looks: the pages in Airflow, `make why`, `make audit`.
TASKS, SCORING, READER = ROLES = ("airlock_tasks", "airlock_scoring", "airlock_reader")

REPRODUCED = (
    "model, version, candidate_id, dag_run_id, asked_by, package_digest, identical, same_answers, "
    "largest_difference, equal_decisions, changed, sentence, reproduced_at"
)
SETTLED = "state, settled_by, settled_at, settled_because"

#: Role, then table, then what the role may do with it. What does not stand here is refused.
GRANTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    TASKS: {
        "candidates": ("SELECT", "INSERT"),
        "releases": ("SELECT", "INSERT", "UPDATE (state, reason, decided_at)"),
        "approvals": ("SELECT", "INSERT"),
        "deployments": ("SELECT", "INSERT", "UPDATE (retired_at, retired_because, withdrawn)"),
        "challengers": (
            "SELECT",
            "INSERT",
            "UPDATE (share, step, stepped_at, ended_at, outcome, ended_because)",
        ),
        "predictions": ("SELECT",),
        "nights": (
            "SELECT",
            "INSERT",
            "UPDATE (version, rows, measures, findings, report, training_asked_by, measured_at)",
        ),
        "notices": ("SELECT", "INSERT"),
        "api_hours": ("SELECT",),
        "quarantine": (
            "SELECT",
            "INSERT",
            f"UPDATE (reasons, snapshot_digest, dag_run_id, {SETTLED})",
        ),
        "reproductions": ("SELECT", "INSERT", f"UPDATE ({REPRODUCED})"),
        "incidents": ("SELECT", "INSERT", f"UPDATE ({SETTLED})"),
        "incident_events": ("SELECT", "INSERT"),
        "audit_log": ("SELECT", "INSERT"),
        "audit_head": ("SELECT",),
        "api_keys": ("SELECT", "INSERT", "UPDATE (revoked_by, revoked_because, revoked_at)"),
        "contests": ("SELECT", "UPDATE (state, prediction, decided_by, decided_because, decided_at)"),
        "outcomes": ("SELECT",),
        "feedback": ("SELECT",),
        "batches": ("SELECT", "INSERT", "UPDATE (replaced_at)"),
        "batch_rows": ("SELECT", "INSERT", "DELETE"),
        "deletions": ("SELECT",),
        "deleted_answers": ("SELECT",),
    },
    SCORING: {
        **dict.fromkeys(
            (
                "candidates",
                "releases",
                "approvals",
                "deployments",
                "challengers",
                "audit_log",
                "api_keys",
                "batches",
                "deletions",
                "deleted_answers",
            ),
            ("SELECT",),
        ),
        **dict.fromkeys(("predictions", "contests", "outcomes", "feedback"), ("SELECT", "INSERT")),
        "api_hours": ("SELECT", "INSERT", "UPDATE (requests, failures, refusals, buckets)"),
    },
    READER: dict.fromkeys((*metadata.tables, "batch_scores"), ("SELECT",)),
}

#: Functions that act with the owner's rights within bounds of their own, and who may call them.
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    TASKS: (
        "delete_answers(text,uuid[],text)",
        "delete_batch(bigint,text)",
        "delete_outcomes(text,bigint[],text)",
        "delete_feedback(text,bigint[],text)",
        "delete_contests(text,bigint[],text)",
        "delete_quarantine(text,bigint[],text)",
        "delete_snapshot(text,text,timestamp with time zone,bigint,text)",
    ),
}


def apply(conn: Connection, *, complete: bool) -> None:
    """Let each role do what `GRANTS` says, and nothing else; nothing at all while the tables are incomplete.

    Raises
    ------
    RecordError
        When a role is missing: only an administrator of the server can make it.
    """
    known = set(conn.execute(sa.text("SELECT rolname FROM pg_roles")).scalars())
    if missing := [role for role in ROLES if role not in known]:
        make = " ".join(f"CREATE ROLE {role} LOGIN PASSWORD '...';" for role in missing)
        raise RecordError(
            f"The database server has no role {', '.join(missing)}. `make up` makes them on the embedded "
            f"stack; elsewhere let an administrator run: {make} Then migrate again."
        )
    database = conn.execute(sa.text("SELECT quote_ident(current_database())")).scalar_one()
    for statement in (*_revoked(database), *(_granted(database) if complete else ())):
        conn.execute(sa.text(statement))


def _revoked(database: str) -> Iterator[str]:
    for what in (
        f"DATABASE {database}",
        "SCHEMA public",
        "ALL TABLES IN SCHEMA public",
        "ALL SEQUENCES IN SCHEMA public",
        "ALL ROUTINES IN SCHEMA public",
    ):
        yield f"REVOKE ALL ON {what} FROM PUBLIC, {', '.join(ROLES)}"


def _granted(database: str) -> Iterator[str]:
    yield f"GRANT CONNECT ON DATABASE {database} TO {', '.join(ROLES)}"
    yield f"GRANT USAGE ON SCHEMA public TO {', '.join(ROLES)}"
    for role, tables in GRANTS.items():
        for table, privileges in tables.items():
            yield f"GRANT {', '.join(privileges)} ON {table} TO {role}"
    for role, functions in FUNCTIONS.items():
        yield f"GRANT EXECUTE ON FUNCTION {', '.join(functions)} TO {role}"
