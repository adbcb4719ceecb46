"""Reproductions: what came of training a registered version again from its record."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reproductions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.BigInteger(), nullable=False),
        sa.Column("dag_run_id", sa.Text(), nullable=False, comment="the run of <model>.reproduce"),
        sa.Column("asked_by", sa.Text(), nullable=False, comment="the Airflow user's id"),
        sa.Column("package_digest", sa.Text(), nullable=False, comment="of what came out"),
        sa.Column("identical", sa.Boolean(), nullable=False),
        sa.Column("same_answers", sa.Boolean(), nullable=False),
        sa.Column("largest_difference", sa.Double(), nullable=False),
        sa.Column("equal_decisions", sa.Double(), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False, comment="libraries and code that are not as they were"),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("reproduced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("candidate_id", "dag_run_id"),
    )


def downgrade() -> None:
    op.drop_table("reproductions")
