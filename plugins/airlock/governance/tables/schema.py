"""What every table is made with: the schema they belong to, and its columns of time."""

import sqlalchemy as sa

metadata = sa.MetaData()


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    """Return a column that holds a moment with its time zone."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
