"""Who may ask the scoring API."""

import sqlalchemy as sa

from airlock.governance.tables.schema import metadata, moment

#: Keys of applications. What is kept is a key's fingerprint: who reads this table can ask nothing.
api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("client", sa.Text, nullable=False, comment="the application that holds it"),
    sa.Column(
        "fingerprint", sa.Text, nullable=False, unique=True, comment="SHA-256 of the key, which nobody keeps"
    ),
    sa.Column("scopes", sa.ARRAY(sa.Text), nullable=False),
    sa.Column("models", sa.ARRAY(sa.Text), comment="absent: every model"),
    sa.Column("issued_by", sa.Text, nullable=False, comment="the Airflow user's id"),
    sa.Column("issued_because", sa.Text, nullable=False),
    moment("issued_at"),
    moment("expires_at", nullable=True),
    sa.Column("revoked_by", sa.Text),
    sa.Column("revoked_because", sa.Text),
    moment("revoked_at", nullable=True),
    sa.CheckConstraint(
        "num_nulls(revoked_by, revoked_because, revoked_at) IN (0, 3)", name="revoked_by_somebody"
    ),
)
