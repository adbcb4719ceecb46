"""What a version answered is counted without reading its rows: its lineage stays quick as the log grows.

The index is built while the scoring API goes on writing, so outside of a transaction; what is left of a build
that was broken off is dropped first.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEX = "predictions_by_version"
COLUMNS = ["model", "version", "purpose", "scored_at"]


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, table_name="predictions", postgresql_concurrently=True, if_exists=True)
        op.create_index(INDEX, "predictions", COLUMNS, postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index(INDEX, table_name="predictions")
