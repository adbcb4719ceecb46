"""What a version answered is counted without reading its rows: its lineage stays quick as the log grows."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("predictions_by_version", "predictions", ["model", "version", "purpose", "scored_at"])


def downgrade() -> None:
    op.drop_index("predictions_by_version", table_name="predictions")
