"""What models answered, by the API and in batches, and what retention deleted of it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from airlock.governance.tables.schema import metadata, moment

#: Every answered prediction. `event_time` is when its event happened, `scored_at` when it was answered. What
#: a challenger said and nobody was told has the purpose `shadow`; where it failed, it has no score.
predictions = sa.Table(
    "predictions",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("entity_key", sa.Text),
    sa.Column("features", JSONB, nullable=False),
    sa.Column(
        "score", sa.Double, comment="probability of the positive or the chosen class, or the number predicted"
    ),
    sa.Column("prediction", sa.Text, nullable=False, comment="the answer as text: a class, or the number"),
    sa.Column("run_key", sa.Text, comment="batch only: the night it belongs to"),
    moment("event_time"),
    moment("scored_at"),
    sa.Column("client", sa.Text, comment="whose API key asked"),
    sa.CheckConstraint("source IN ('api', 'batch')", name="source"),
    sa.CheckConstraint("purpose IN ('decision', 'smoke_test', 'shadow')", name="purpose"),
    sa.Index("predictions_by_event_time", "model", "event_time"),
    # The log grows in this order, so a block range index of a few pages finds what is new.
    sa.Index("predictions_by_answer", "scored_at", postgresql_using="brin"),
    sa.Index("predictions_by_entity", "model", "entity_key"),
    # What a version answered is counted from this alone, without its rows.
    sa.Index("predictions_by_version", "model", "version", "purpose", "scored_at"),
    sa.Index("predictions_by_run", "model", "run_key", postgresql_where=sa.text("run_key IS NOT NULL")),
)

#: Parts of nights that were scored. The rows with their features and answers lie in the store, proved by
#: `answers_digest`; a decision's id is the digest's first bytes (`first_id`) and the row's place.
batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("night", sa.Date, nullable=False, comment="the UTC day whose rows they are"),
    sa.Column("part", sa.Integer, nullable=False, comment="from 1"),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("package_digest", sa.Text, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("answers_digest", sa.Text, nullable=False, comment="the rows with their answers, in the store"),
    sa.Column("first_id", UUID(as_uuid=True), nullable=False),
    sa.Column("dag_run_id", sa.Text, nullable=False, comment="the run of <model>.score"),
    moment("scored_at"),
    moment("replaced_at", nullable=True),
    sa.Column(
        "deletion_id",
        sa.BigInteger,
        sa.ForeignKey("deletions.id"),
        comment="whose answers are deleted by it",
    ),
    sa.CheckConstraint("part BETWEEN 1 AND parts", name="part_of_parts"),
    sa.Index(
        "one_batch_per_part",
        "model",
        "night",
        "part",
        "parts",
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    ),
    sa.Index("batches_by_first_id", "first_id"),
)

#: The answers of the newest scoring of each night, for applications that read the view `batch_scores`.
batch_rows = sa.Table(
    "batch_rows",
    metadata,
    sa.Column("batch_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column(
        "place", sa.Integer, primary_key=True, autoincrement=False, comment="of the row in the batch, from 0"
    ),
    sa.Column("entity_key", sa.Text, nullable=False),
    moment("event_time"),
    sa.Column("score", sa.Double, nullable=False),
    sa.Column("prediction", sa.Text, nullable=False),
    sa.Index("batch_rows_by_entity", "entity_key"),
)

#: Answers that retention deleted, one row for each of its acts. The database's own functions write it.
deletions = sa.Table(
    "deletions",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    moment("first_event"),
    moment("last_event"),
    sa.Column("digest", sa.Text, nullable=False, comment="of what was deleted"),
    sa.Column("run", sa.Text, nullable=False, comment="the Dag run, as <dag id>/<run id>"),
    moment("deleted_at"),
    sa.CheckConstraint(
        "kind IN ('answers', 'batch', 'outcomes', 'feedback', 'contests', 'quarantine', 'snapshot')",
        name="kind",
    ),
    sa.Index("deletions_by_event", "model", "last_event"),
)

#: What is left of a deleted answer of the API: its id, which says nothing of anybody.
deleted_answers = sa.Table(
    "deleted_answers",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("deletion_id", sa.BigInteger, sa.ForeignKey("deletions.id"), nullable=False),
)
