"""What the scoring API did in each hour: how much was asked, how much failed, how long it took."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_hours",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False, comment="when it began"),
        sa.Column(
            "worker", postgresql.UUID(as_uuid=True), nullable=False, comment="the process that counted"
        ),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False, comment="answered with 5xx"),
        sa.Column("refusals", sa.BigInteger(), nullable=False, comment="answered with 4xx"),
        sa.Column(
            "buckets",
            postgresql.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="those not refused, by the bounds of airlock.spec.service, slower ones last",
        ),
        sa.CheckConstraint("cardinality(buckets) = 15", name="as_many_as_bounds"),
        sa.CheckConstraint("failures + refusals <= requests", name="parts_of_requests"),
        sa.PrimaryKeyConstraint("model", "hour", "worker"),
    )


def downgrade() -> None:
    op.drop_table("api_hours")
