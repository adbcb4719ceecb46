"""Releases: challengers, incidents, the audit log, and roles that may do no more than their part."""

from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

from airlock.digests import canonical_json, digest_of

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

GENESIS = "0" * 64

KEEP_THE_CHAIN = """
CREATE FUNCTION keep_the_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$ -- pg_temp last: a temporary table must not pass for audit_head
BEGIN
    UPDATE audit_head SET seq = NEW.seq, digest = NEW.digest
    WHERE id = 1 AND seq = NEW.seq - 1 AND digest = NEW.previous;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Row % does not follow the last row of the audit log.', NEW.seq;
    END IF;
    RETURN NEW;
END $$
"""
REFUSE_CHANGES = """
CREATE FUNCTION refuse_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % is refused.', TG_OP;
END $$
"""
#: What must stand in the log for releases, deployments and settled rows to be proved, as rows of it.
RECORDS = """
SELECT act, at, actor, model, run, facts FROM (
    SELECT 1 AS step, id AS key, 'candidate_' || state AS act, recorded_at AS at, trained_by AS actor, model,
        model || '.train/' || dag_run_id AS run,
        json_build_object('candidate', id, 'version', version, 'package_digest', package_digest,
            'dossier_digest', dossier_digest, 'evidence_digest', evidence_digest, 'taken_over', true) AS facts
    FROM candidates
    UNION ALL
    SELECT 2, id, 'release_opened', opened_at, model || '.release', model,
        model || '.release/' || dag_run_id,
        json_build_object('release', id, 'candidate', candidate_id, 'people', people, 'way', way,
            'package_digest', package_digest, 'dossier_digest', dossier_digest, 'taken_over', true)
    FROM releases
    UNION ALL
    SELECT 3, slot, 'answer_recorded', responded_at, responder, model, model || '.release/' || dag_run_id,
        json_build_object('release', release_id, 'slot', slot, 'choice', choice, 'reason', approvals.reason,
            'dossier_digest', approvals.dossier_digest, 'taken_over', true)
    FROM approvals JOIN releases ON releases.id = release_id
    UNION ALL
    SELECT 4, id, 'release_closed', coalesce(decided_at, opened_at), model || '.release', model,
        model || '.release/' || dag_run_id,
        json_build_object('release', id, 'reason', reason, 'package_digest', package_digest,
            'dossier_digest', dossier_digest, 'taken_over', true,
            'state', CASE state WHEN 'deployed' THEN 'approved' ELSE state END)
    FROM releases WHERE state <> 'open'
    UNION ALL
    SELECT 5, id, 'withdrawn', retired_at, model || '.release', model, NULL,
        json_build_object('deployment', id, 'release', release_id, 'candidate', candidate_id,
            'version', version, 'package_digest', package_digest, 'reason', retired_because,
            'taken_over', true)
    FROM deployments WHERE withdrawn
    UNION ALL
    SELECT 6, id, 'deployed', deployed_at, model || '.release', model, NULL,
        json_build_object('deployment', id, 'release', release_id, 'candidate', candidate_id,
            'version', version, 'package_digest', package_digest, 'reinstates', reinstates,
            'taken_over', true)
    FROM deployments
    UNION ALL
    SELECT 7, id, 'version_reproduced', reproduced_at, asked_by, model, model || '.reproduce/' || dag_run_id,
        json_build_object('candidate', candidate_id, 'dag_run_id', dag_run_id, 'version', version,
            'package_digest', package_digest, 'identical', identical, 'same_answers', same_answers,
            'sentence', sentence, 'taken_over', true)
    FROM reproductions
    UNION ALL
    SELECT 8, id, 'quarantine_settled', settled_at, settled_by, model, NULL,
        json_build_object('rows', json_build_array(id), 'state', state, 'reason', settled_because,
            'taken_over', true)
    FROM quarantine WHERE state <> 'held'
) AS records ORDER BY at, step, key
"""


def upgrade() -> None:
    op.add_column(
        "releases",
        sa.Column(
            "way",
            sa.Text(),
            nullable=False,
            server_default="full",
            comment="how it goes beside what serves, first",
        ),
    )
    op.create_check_constraint("way", "releases", "way IN ('full', 'shadow', 'canary', 'ab')")
    op.drop_constraint("purpose", "predictions")
    op.create_check_constraint("purpose", "predictions", "purpose IN ('decision', 'smoke_test', 'shadow')")
    op.create_index("predictions_by_answer", "predictions", ["scored_at"], postgresql_using="brin")
    op.create_table(
        "challengers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column("candidate_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("package_digest", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False, comment="of the entities it answers; 0 for a shadow"),
        sa.Column("step", sa.Integer(), nullable=False, comment="which of the shares, from 1"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stepped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.CheckConstraint("way IN ('shadow', 'canary', 'ab')", name="way"),
        sa.CheckConstraint("share >= 0 AND share <= 1", name="share"),
        sa.CheckConstraint(
            "outcome IN ('passed', 'broke', 'undecided', 'superseded', 'stopped')", name="outcome"
        ),
        sa.CheckConstraint(
            "num_nulls(ended_at, outcome, ended_because) IN (0, 3)", name="ended_has_outcome_and_reason"
        ),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"]),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("release_id"),
    )
    op.create_index(
        "one_challenger_per_model",
        "challengers",
        ["model"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="what it is about: found again, it is the same"),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="open"),
        sa.Column("settled_by", sa.Text(), nullable=True, comment="the Airflow user's id"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_because", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'settled')", name="state"),
        sa.CheckConstraint(
            "num_nulls(settled_by, settled_at, settled_because) = CASE state WHEN 'open' THEN 3 ELSE 0 END",
            name="settled_by_somebody",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_open_incident_per_key",
        "incidents",
        ["key"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="1, 2, 3 and so on"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False, comment="an Airflow user's id, or the Dag that acted"),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("run", sa.Text(), nullable=True, comment="the Dag run, as <dag id>/<run id>"),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False, comment="the digest of the row before"),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("audit_log_by_model", "audit_log", ["model", "seq"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "digest": GENESIS}])
    op.execute(KEEP_THE_CHAIN)
    op.execute(REFUSE_CHANGES)
    op.execute(
        "CREATE TRIGGER keep_the_chain BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION keep_the_chain()"
    )
    op.execute(
        "CREATE TRIGGER refuse_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_changes()"
    )
    _take_over_the_records()


def _take_over_the_records() -> None:
    """Write what was registered, released and answered before there was a log, so that it goes on serving.

    From here on a record counts only as far as the log says the same. There is no exception for old ones: a
    forged date could claim it.
    """
    conn = op.get_bind()
    previous, rows = GENESIS, []
    for seq, record in enumerate(conn.execute(sa.text(RECORDS)).mappings(), start=1):
        row: dict[str, Any] = {"seq": seq, **record, "previous": previous}
        said = row | {"at": record["at"].astimezone(UTC).isoformat(timespec="microseconds")}
        previous = digest_of(said)
        rows.append(row | {"facts": canonical_json(record["facts"]).decode(), "digest": previous})
    if rows:
        columns = ", ".join(rows[0])
        values = ", ".join(f":{column}" for column in rows[0])
        conn.execute(sa.text(f"INSERT INTO audit_log ({columns}) VALUES ({values})"), rows)


def downgrade() -> None:
    op.drop_table("audit_head")
    op.drop_table("audit_log")
    op.execute("DROP FUNCTION keep_the_chain()")
    op.execute("DROP FUNCTION refuse_changes()")
    op.drop_table("incidents")
    op.drop_table("challengers")
    op.drop_constraint("purpose", "predictions")
    op.drop_index("predictions_by_answer", "predictions")
    op.execute("DELETE FROM predictions WHERE purpose = 'shadow'")
    op.create_check_constraint("purpose", "predictions", "purpose IN ('decision', 'smoke_test')")
    op.drop_constraint("way", "releases")
    op.drop_column("releases", "way")
