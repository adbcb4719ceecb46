"""Scoring: who may ask, what is contested, what came true, and nights whose features lie in the store."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BATCH_SCORES = """
CREATE VIEW batch_scores AS
SELECT DISTINCT ON (model, entity_key)
    model, entity_key, event_time, score, prediction, version, scored_at, decision_id
FROM (
    SELECT model, entity_key, event_time, score, prediction, version, scored_at, id AS decision_id
    FROM predictions WHERE source = 'batch' AND purpose = 'decision'
    UNION ALL
    SELECT model, entity_key, event_time, score, prediction, version, scored_at,
        (left(first_id::text, 28) || lpad(to_hex(place), 8, '0'))::uuid
    FROM batch_rows JOIN batches ON batches.id = batch_id AND replaced_at IS NULL
) AS scores
ORDER BY model, entity_key, event_time DESC, scored_at DESC
"""
BATCH_SCORES_BEFORE = """
CREATE VIEW batch_scores AS
SELECT DISTINCT ON (model, entity_key) model, entity_key, event_time, score, prediction, version, scored_at
FROM predictions
WHERE source = 'batch' AND purpose = 'decision'
ORDER BY model, entity_key, event_time DESC, scored_at DESC
"""
COMMENT = "COMMENT ON VIEW batch_scores IS 'the newest batch score of every entity'"


def upgrade() -> None:
    op.add_column(
        "predictions", sa.Column("client", sa.Text(), nullable=True, comment="whose API key asked")
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("client", sa.Text(), nullable=False, comment="the application that holds it"),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="SHA-256 of the key, which nobody keeps"),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("models", sa.ARRAY(sa.Text()), nullable=True, comment="absent: every model"),
        sa.Column("issued_by", sa.Text(), nullable=False, comment="the Airflow user's id"),
        sa.Column("issued_because", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_because", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nulls(revoked_by, revoked_because, revoked_at) IN (0, 3)", name="revoked_by_somebody"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fingerprint"),
    )
    op.create_table(
        "contests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("decision_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="that gave the answer"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why it is contested"),
        sa.Column("asked_by", sa.Text(), nullable=False, comment="the client that passed it on"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="open"),
        sa.Column("prediction", sa.Text(), nullable=True, comment="the person's answer; upheld: the model's"),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="the Airflow user's id"),
        sa.Column("decided_because", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'upheld', 'overturned')", name="state"),
        sa.CheckConstraint(
            "num_nulls(prediction, decided_by, decided_because, decided_at) = "
            "CASE state WHEN 'open' THEN 4 ELSE 0 END",
            name="decided_by_somebody",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("decision_id"),
    )
    op.create_table(
        "outcomes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("decision_id", postgresql.UUID(as_uuid=True), nullable=True),
        sa.Column("entity_key", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False, comment="a class or a number, as text"),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False, comment="the client"),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("num_nonnulls(decision_id, entity_key) > 0", name="about_something"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outcomes_by_entity", "outcomes", ["model", "entity_key"])
    op.create_index("outcomes_by_decision", "outcomes", ["decision_id"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("decision_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False, comment="the client"),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('agree', 'disagree')", name="verdict"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("feedback_by_model", "feedback", ["model", "given_at"])
    op.create_index("feedback_by_decision", "feedback", ["decision_id"])
    op.create_table(
        "batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False, comment="the UTC day whose rows they are"),
        sa.Column("part", sa.Integer(), nullable=False, comment="from 1"),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("package_digest", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("answers_digest", sa.Text(), nullable=False, comment="the rows with their answers, in the store"),
        sa.Column("first_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("dag_run_id", sa.Text(), nullable=False, comment="the run of <model>.score"),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("part BETWEEN 1 AND parts", name="part_of_parts"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_batch_per_part",
        "batches",
        ["model", "night", "part", "parts"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_index("batches_by_first_id", "batches", ["first_id"])
    op.create_table(
        "batch_rows",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="of the row in the batch, from 0"),
        sa.Column("entity_key", sa.Text(), nullable=False),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("prediction", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "place"),
    )
    op.create_index("batch_rows_by_entity", "batch_rows", ["entity_key"])
    op.execute("DROP VIEW batch_scores")
    op.execute(BATCH_SCORES)
    op.execute(COMMENT)


def downgrade() -> None:
    op.execute("DROP VIEW batch_scores")
    for table in ("batch_rows", "batches", "feedback", "outcomes", "contests", "api_keys"):
        op.drop_table(table)
    op.drop_column("predictions", "client")
    op.execute(BATCH_SCORES_BEFORE)
    op.execute(COMMENT)
