"""The audit log and its head."""

import sqlalchemy as sa

from airlock.governance.tables.schema import metadata, moment

#: Every act that matters, each row hashed over the one before. Written by `audit_log.append` alone; nobody
#: may change or remove a row, and a trigger holds each new one against `audit_head`.
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False, comment="1, 2, 3 and so on"),
    moment("at"),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False, comment="an Airflow user's id, or the Dag that acted"),
    sa.Column("model", sa.Text),
    sa.Column("run", sa.Text, comment="the Dag run, as <dag id>/<run id>"),
    # JSON, not JSONB: the text is kept as it was, so that its digest can be proved for ever.
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("previous", sa.Text, nullable=False, comment="the digest of the row before"),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Index("audit_log_by_model", "model", "seq"),
)

#: The number and digest of the log's newest row. Only the log's trigger writes it: no role may.
audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.CheckConstraint("id = 1", name="one_row"),
)
