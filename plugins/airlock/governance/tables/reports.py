"""What applications report about answers: outcomes, feedback and contests."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from airlock.governance.tables.schema import metadata, moment

#: What came true, as applications report it; of several reports about one thing the newest counts.
outcomes = sa.Table(
    "outcomes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("decision_id", UUID(as_uuid=True)),
    sa.Column("entity_key", sa.Text),
    sa.Column("outcome", sa.Text, nullable=False, comment="a class or a number, as text"),
    moment("known_at"),
    sa.Column("reported_by", sa.Text, nullable=False, comment="the client"),
    moment("reported_at"),
    sa.CheckConstraint("num_nonnulls(decision_id, entity_key) > 0", name="about_something"),
    sa.Index("outcomes_by_entity", "model", "entity_key"),
    sa.Index("outcomes_by_decision", "decision_id"),
)

#: What people think of decisions.
feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("decision_id", UUID(as_uuid=True), nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("given_by", sa.Text, nullable=False, comment="the client"),
    moment("given_at"),
    sa.CheckConstraint("verdict IN ('agree', 'disagree')", name="verdict"),
    sa.Index("feedback_by_model", "model", "given_at"),
    sa.Index("feedback_by_decision", "decision_id"),
)

#: Decisions that somebody contests, each once; a person decides.
contests = sa.Table(
    "contests",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("decision_id", UUID(as_uuid=True), nullable=False, unique=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="that gave the answer"),
    sa.Column("reason", sa.Text, nullable=False, comment="why it is contested"),
    sa.Column("asked_by", sa.Text, nullable=False, comment="the client that passed it on"),
    moment("asked_at"),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("prediction", sa.Text, comment="the person's answer; upheld: the model's"),
    sa.Column("decided_by", sa.Text, comment="the Airflow user's id"),
    sa.Column("decided_because", sa.Text),
    moment("decided_at", nullable=True),
    sa.CheckConstraint("state IN ('open', 'upheld', 'overturned')", name="state"),
    sa.CheckConstraint(
        "num_nulls(prediction, decided_by, decided_because, decided_at) = "
        "CASE state WHEN 'open' THEN 4 ELSE 0 END",
        name="decided_by_somebody",
    ),
)
