"""Retention: answers past their time are deleted by two functions with bounds, each act on record."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

#: Nothing younger is deleted, whoever asks: EU AI Act, Article 26(6), keep logs at least six months.
LEAST = "interval '180 days'"

#: With the owner's rights; `pg_temp` comes last, or a caller's own tables would pass for ours.
BOUNDED = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp"

REFUSED = """
    IF EXISTS (SELECT FROM incidents WHERE state = 'open' AND (model = asked_model OR model IS NULL)) THEN
        RAISE EXCEPTION 'nothing of % is deleted while an incident is open', asked_model;
    END IF;
    IF EXISTS (SELECT FROM challengers WHERE model = asked_model AND ended_at IS NULL) THEN
        RAISE EXCEPTION 'nothing of % is deleted while a challenger runs', asked_model;
    END IF;
"""

DELETE_ANSWERS = f"""
CREATE FUNCTION delete_answers(asked_model text, ids uuid[], by_run text) RETURNS bigint {BOUNDED} AS $$
DECLARE made bigint; gone bigint;
BEGIN
    {REFUSED}
    INSERT INTO deletions (model, kind, rows, first_event, last_event, digest, run, deleted_at)
    SELECT asked_model, 'answers', count(*), min(event_time), max(event_time),
        encode(sha256(string_agg(sha256(convert_to(to_jsonb(p)::text, 'UTF8')), ''::bytea ORDER BY id)),
            'hex'),
        by_run, now()
    FROM predictions AS p WHERE id = ANY (ids)
    HAVING count(*) > 0 RETURNING id INTO made;
    INSERT INTO deleted_answers SELECT id, made FROM predictions WHERE id = ANY (ids);
    DELETE FROM predictions WHERE id = ANY (ids) AND model = asked_model AND scored_at < now() - {LEAST}
        AND NOT EXISTS (SELECT FROM contests WHERE decision_id = predictions.id);
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone <> cardinality(ids) OR gone = 0 THEN
        RAISE EXCEPTION
            '% of % answers of % are older than {LEAST[10:-1]} and not contested: none is deleted', gone,
            cardinality(ids), asked_model;
    END IF;
    RETURN made;
END $$
"""

DELETE_BATCH = f"""
CREATE FUNCTION delete_batch(asked_batch bigint, by_run text) RETURNS bigint {BOUNDED} AS $$
DECLARE made bigint; asked_model text;
BEGIN
    SELECT model INTO asked_model FROM batches WHERE id = asked_batch;
    {REFUSED}
    INSERT INTO deletions (model, kind, rows, first_event, last_event, digest, run, deleted_at)
    SELECT model, 'batch', rows, night::timestamp AT TIME ZONE 'UTC',
        (night + 1)::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond', answers_digest, by_run, now()
    FROM batches WHERE id = asked_batch AND deletion_id IS NULL AND scored_at < now() - {LEAST}
        AND NOT EXISTS (SELECT FROM contests WHERE left(decision_id::text, 28) = left(first_id::text, 28))
    RETURNING id INTO made;
    IF made IS NULL THEN
        RAISE EXCEPTION 'batch % is not older than {LEAST[10:-1]}, or contested, or deleted', asked_batch;
    END IF;
    UPDATE batches SET deletion_id = made, replaced_at = coalesce(replaced_at, now()) WHERE id = asked_batch;
    DELETE FROM batch_rows WHERE batch_id = asked_batch;
    RETURN made;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "deletions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("first_event", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_event", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="of what was deleted"),
        sa.Column("run", sa.Text(), nullable=False, comment="the Dag run, as <dag id>/<run id>"),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('answers', 'batch')", name="kind"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("deletions_by_event", "deletions", ["model", "last_event"])
    op.create_table(
        "deleted_answers",
        sa.Column("id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("deletion_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["deletion_id"], ["deletions.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column(
        "batches",
        sa.Column("deletion_id", sa.BigInteger(), nullable=True, comment="whose answers are deleted by it"),
    )
    op.create_foreign_key(None, "batches", "deletions", ["deletion_id"], ["id"])
    op.execute(DELETE_ANSWERS)
    op.execute(DELETE_BATCH)


def downgrade() -> None:
    op.execute("DROP FUNCTION delete_batch(bigint, text)")
    op.execute("DROP FUNCTION delete_answers(text, uuid[], text)")
    op.drop_column("batches", "deletion_id")
    op.drop_table("deleted_answers")
    op.drop_table("deletions")
