"""What people approve is a dossier: the digest of the page they read, its evidence and the model's bytes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("releases", "approvals")


def upgrade() -> None:
    op.add_column(
        "candidates",
        sa.Column(
            "dossier_digest", sa.Text(), nullable=True, comment="absent of those recorded before there were any"
        ),
    )
    _rename("evidence_digest", "dossier_digest")


def downgrade() -> None:
    _rename("dossier_digest", "evidence_digest")
    op.drop_column("candidates", "dossier_digest")


def _rename(old: str, new: str) -> None:
    """Rename the column; not null is said anew, since PostgreSQL 18 names that after the column."""
    for table in TABLES:
        op.alter_column(table, old, nullable=True)
        op.alter_column(table, old, new_column_name=new)
        op.alter_column(table, new, nullable=False)
