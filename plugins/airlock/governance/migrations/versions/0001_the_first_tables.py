"""The first tables, and the view that applications read batch scores from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BATCH_SCORES = """
CREATE VIEW batch_scores AS
SELECT DISTINCT ON (model, entity_key) model, entity_key, event_time, score, prediction, version, scored_at
FROM predictions
WHERE source = 'batch' AND purpose = 'decision'
ORDER BY model, entity_key, event_time DESC, scored_at DESC
"""


def upgrade() -> None:
    op.create_table(
        "candidates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("dag_run_id", sa.Text(), nullable=False, comment="the run of <model>.train"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="one line: why it was registered or refused"),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=True,
            comment="of the MLflow registered model; absent when refused",
        ),
        sa.Column("mlflow_run_id", sa.Text(), nullable=False),
        sa.Column("package_digest", sa.Text(), nullable=False),
        sa.Column("snapshot_digest", sa.Text(), nullable=False),
        sa.Column("spec_digest", sa.Text(), nullable=False),
        sa.Column("evidence_digest", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column(
            "trained_by",
            sa.Text(),
            nullable=False,
            comment="an Airflow user, or the cause of an automatic run",
        ),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'registered') = (version IS NOT NULL)", name="registered_has_version"),
        sa.CheckConstraint("state IN ('registered', 'refused')", name="state"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("model", "dag_run_id"),
        sa.UniqueConstraint("model", "version"),
    )
    op.create_table(
        "nights",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False, comment="the UTC day that was watched"),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=True,
            comment="the champion that night; absent when none answered",
        ),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("measures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "findings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the limits that were crossed",
        ),
        sa.Column(
            "report", sa.Text(), nullable=True, comment="path of the Evidently page below the store's pages"
        ),
        sa.Column(
            "training_asked_by",
            sa.Text(),
            nullable=True,
            comment="the run of <model>.monitor that asked for a training",
        ),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", "night"),
    )
    op.create_table(
        "notices",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("recipients", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "predictions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("entity_key", sa.Text(), nullable=True),
        sa.Column("features", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "score",
            sa.Double(),
            nullable=True,
            comment="probability of the positive or the chosen class, or the number predicted",
        ),
        sa.Column(
            "prediction", sa.Text(), nullable=False, comment="the answer as text: a class, or the number"
        ),
        sa.Column("run_key", sa.Text(), nullable=True, comment="batch only: the night it belongs to"),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('decision', 'smoke_test')", name="purpose"),
        sa.CheckConstraint("source IN ('api', 'batch')", name="source"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("predictions_by_entity", "predictions", ["model", "entity_key"], unique=False)
    op.create_index("predictions_by_event_time", "predictions", ["model", "event_time"], unique=False)
    op.create_index(
        "predictions_by_run",
        "predictions",
        ["model", "run_key"],
        unique=False,
        postgresql_where=sa.text("run_key IS NOT NULL"),
    )
    op.create_table(
        "releases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("dag_run_id", sa.Text(), nullable=False),
        sa.Column("candidate_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "package_digest",
            sa.Text(),
            nullable=False,
            comment="the candidate's, when the release was opened",
        ),
        sa.Column(
            "evidence_digest", sa.Text(), nullable=False, comment="what every approver must have been shown"
        ),
        sa.Column("people", sa.Integer(), nullable=False, comment="distinct approvals needed"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'rejected', 'expired', 'superseded', 'deployed', 'failed')",
            name="state",
        ),
        sa.CheckConstraint("people >= 0", name="people"),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidates.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("model", "dag_run_id"),
    )
    op.create_table(
        "approvals",
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False, comment="first approver 1, second 2"),
        sa.Column("responder", sa.Text(), nullable=False, comment="the Airflow user's id"),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence_digest", sa.Text(), nullable=False, comment="what the approver was shown"),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("choice IN ('Approve', 'Reject')", name="choice"),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["releases.id"],
        ),
        sa.PrimaryKeyConstraint("release_id", "slot"),
    )
    op.create_table(
        "deployments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column("candidate_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("package_digest", sa.Text(), nullable=False),
        sa.Column("deployed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_because", sa.Text(), nullable=True),
        sa.Column(
            "withdrawn",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="retired because it failed",
        ),
        sa.Column("reinstates", sa.BigInteger(), nullable=True, comment="the earlier row it brings back"),
        sa.CheckConstraint("(retired_at IS NULL) = (retired_because IS NULL)", name="retired_has_reason"),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidates.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reinstates"],
            ["deployments.id"],
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["releases.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_champion_per_model",
        "deployments",
        ["model"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_index(
        "one_deployment_per_release",
        "deployments",
        ["release_id"],
        unique=True,
        postgresql_where=sa.text("reinstates IS NULL"),
    )
    op.execute(BATCH_SCORES)
    op.execute("COMMENT ON VIEW batch_scores IS 'the newest batch score of every entity'")


def downgrade() -> None:
    op.execute("DROP VIEW batch_scores")
    op.drop_index(
        "one_deployment_per_release", table_name="deployments", postgresql_where=sa.text("reinstates IS NULL")
    )
    op.drop_index(
        "one_champion_per_model", table_name="deployments", postgresql_where=sa.text("retired_at IS NULL")
    )
    op.drop_table("deployments")
    op.drop_table("approvals")
    op.drop_table("releases")
    op.drop_index(
        "predictions_by_run", table_name="predictions", postgresql_where=sa.text("run_key IS NOT NULL")
    )
    op.drop_index("predictions_by_event_time", table_name="predictions")
    op.drop_index("predictions_by_entity", table_name="predictions")
    op.drop_table("predictions")
    op.drop_table("notices")
    op.drop_table("nights")
    op.drop_table("candidates")
