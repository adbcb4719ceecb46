"""The quarantine: rows that broke an expectation, and what a person decided about them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("entity_key", sa.Text(), nullable=True, comment="absent where the row has none"),
        sa.Column("row_digest", sa.Text(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=False),
        sa.Column(
            "reasons", sa.ARRAY(sa.Text()), nullable=False, comment="sentences: the expectations it breaks"
        ),
        sa.Column("snapshot_digest", sa.Text(), nullable=False, comment="the newest it was found in"),
        sa.Column("dag_run_id", sa.Text(), nullable=False, comment="the run that found it last"),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="held", nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=True, comment="the Airflow user's id"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_because", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('held', 'released', 'dropped')", name="state"),
        sa.CheckConstraint(
            "num_nulls(settled_by, settled_at, settled_because) = CASE state WHEN 'held' THEN 3 ELSE 0 END",
            name="settled_by_somebody",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("model", "row_digest"),
    )


def downgrade() -> None:
    op.drop_table("quarantine")
