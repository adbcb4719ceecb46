"""Retention of outcomes, feedback, contests, rows at fault and snapshots; drift holds nothing back."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

#: Nothing younger is deleted, whoever asks: EU AI Act, Article 26(6), keep logs at least six months.
LEAST = "interval '180 days'"

#: With the owner's rights; `pg_temp` comes last, or a caller's own tables would pass for ours.
BOUNDED = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp"

#: Kinds of incidents that were found in recorded nights, and that no answer is the evidence of.
WITHOUT_EVIDENCE = "('drift', 'performance', 'estimate', 'no_predictions', 'indicator', 'service')"

REFUSED = f"""
    IF EXISTS (SELECT FROM incidents WHERE state = 'open' AND kind NOT IN {WITHOUT_EVIDENCE}
            AND (model = asked_model OR model IS NULL)) THEN
        RAISE EXCEPTION 'nothing of % is deleted while an incident is open', asked_model;
    END IF;
    IF EXISTS (SELECT FROM challengers WHERE model = asked_model AND ended_at IS NULL) THEN
        RAISE EXCEPTION 'nothing of % is deleted while a challenger runs', asked_model;
    END IF;
"""
EVERY_INCIDENT = REFUSED.replace(f" AND kind NOT IN {WITHOUT_EVIDENCE}", "")

#: Whether a contest, open or decided of late, still speaks of a decision.
CONTESTED = f"coalesce(decided_at, now()) >= now() - {LEAST}"

RECORDED = """
    INSERT INTO deletions (model, kind, rows, first_event, last_event, digest, run, deleted_at)
    SELECT asked_model, '{kind}', count(*), min({moment}), max({moment}),
        encode(sha256(string_agg(sha256(convert_to(to_jsonb(t)::text, 'UTF8')), ''::bytea ORDER BY id)),
            'hex'),
        by_run, now()
    FROM {table} AS t WHERE id = ANY (ids)
    HAVING count(*) > 0 RETURNING id INTO made;
"""
ALL_OR_NONE = """
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone <> cardinality(ids) OR gone = 0 THEN
        RAISE EXCEPTION
            '% of % {kind} of % are older than {least} and not contested: none is deleted', gone,
            cardinality(ids), asked_model;
    END IF;
    RETURN made;
""".replace("{least}", LEAST[10:-1])


def delete_answers(refused: str, contested: str) -> str:
    """Return the function that deletes answers of the API."""
    return f"""
CREATE OR REPLACE FUNCTION delete_answers(asked_model text, ids uuid[], by_run text) RETURNS bigint {BOUNDED}
AS $$
DECLARE made bigint; gone bigint;
BEGIN
    {refused}
    {RECORDED.format(kind="answers", table="predictions", moment="event_time")}
    INSERT INTO deleted_answers SELECT id, made FROM predictions WHERE id = ANY (ids);
    DELETE FROM predictions WHERE id = ANY (ids) AND model = asked_model AND scored_at < now() - {LEAST}
        AND NOT EXISTS (SELECT FROM contests WHERE decision_id = predictions.id AND {contested});
    {ALL_OR_NONE.format(kind="answers")}
END $$
"""


def delete_batch(refused: str, contested: str) -> str:
    """Return the function that deletes the answers of a part of a night."""
    return f"""
CREATE OR REPLACE FUNCTION delete_batch(asked_batch bigint, by_run text) RETURNS bigint {BOUNDED} AS $$
DECLARE made bigint; asked_model text;
BEGIN
    SELECT model INTO asked_model FROM batches WHERE id = asked_batch;
    {refused}
    INSERT INTO deletions (model, kind, rows, first_event, last_event, digest, run, deleted_at)
    SELECT model, 'batch', rows, night::timestamp AT TIME ZONE 'UTC',
        (night + 1)::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond', answers_digest, by_run, now()
    FROM batches WHERE id = asked_batch AND deletion_id IS NULL AND scored_at < now() - {LEAST}
        AND NOT EXISTS (SELECT FROM contests
            WHERE left(decision_id::text, 28) = left(first_id::text, 28) AND {contested})
    RETURNING id INTO made;
    IF made IS NULL THEN
        RAISE EXCEPTION 'batch % is not older than {LEAST[10:-1]}, or contested, or deleted', asked_batch;
    END IF;
    UPDATE batches SET deletion_id = made, replaced_at = coalesce(replaced_at, now()) WHERE id = asked_batch;
    DELETE FROM batch_rows WHERE batch_id = asked_batch;
    RETURN made;
END $$
"""


def delete_words(table: str, moment: str, heard: str) -> str:
    """Return the function that deletes what was said of decisions, counted from when it was `heard`."""
    return f"""
CREATE FUNCTION delete_{table}(asked_model text, ids bigint[], by_run text) RETURNS bigint {BOUNDED} AS $$
DECLARE made bigint; gone bigint;
BEGIN
    {REFUSED}
    {RECORDED.format(kind=table, table=table, moment=moment)}
    DELETE FROM {table} AS t WHERE id = ANY (ids) AND model = asked_model AND {heard} < now() - {LEAST}
        AND NOT EXISTS (SELECT FROM contests WHERE decision_id = t.decision_id AND {CONTESTED});
    {ALL_OR_NONE.format(kind=table)}
END $$
"""


FORGET_CONTESTS = f"""
CREATE FUNCTION delete_contests(asked_model text, ids bigint[], by_run text) RETURNS bigint {BOUNDED} AS $$
DECLARE made bigint; gone bigint;
BEGIN
    {REFUSED}
    {RECORDED.format(kind="contests", table="contests", moment="asked_at")}
    UPDATE contests SET reason = 'Deleted by retention.'
    WHERE id = ANY (ids) AND model = asked_model AND NOT {CONTESTED} AND reason <> 'Deleted by retention.';
    {ALL_OR_NONE.format(kind="contests")}
END $$
"""

EMPTY_QUARANTINE = f"""
CREATE FUNCTION delete_quarantine(asked_model text, ids bigint[], by_run text) RETURNS bigint {BOUNDED} AS $$
DECLARE made bigint; gone bigint;
BEGIN
    {REFUSED}
    {RECORDED.format(kind="quarantine", table="quarantine", moment="held_at")}
    UPDATE quarantine SET "row" = '{{}}'
    WHERE id = ANY (ids) AND model = asked_model AND settled_at < now() - {LEAST} AND "row"::text <> '{{}}';
    {ALL_OR_NONE.format(kind="quarantine")}
END $$
"""

DELETE_SNAPSHOT = f"""
CREATE FUNCTION delete_snapshot(asked_model text, asked_digest text, as_of timestamptz, holds bigint,
    by_run text) RETURNS bigint {BOUNDED} AS $$
DECLARE made bigint;
BEGIN
    {REFUSED}
    IF EXISTS (
        SELECT FROM candidates AS one WHERE snapshot_digest = asked_digest AND (
            model <> asked_model OR recorded_at >= now() - {LEAST}
            OR EXISTS (SELECT FROM releases WHERE candidate_id = one.id AND state IN ('open', 'approved'))
            OR EXISTS (SELECT FROM deployments WHERE candidate_id = one.id
                AND coalesce(retired_at, now()) >= now() - {LEAST})
            OR EXISTS (SELECT FROM challengers WHERE candidate_id = one.id
                AND coalesce(ended_at, now()) >= now() - {LEAST}))
    ) THEN
        RAISE EXCEPTION 'the snapshot % is of a version in use, or used within {LEAST[10:-1]}', asked_digest;
    END IF;
    INSERT INTO deletions (model, kind, rows, first_event, last_event, digest, run, deleted_at)
    VALUES (asked_model, 'snapshot', holds, as_of, as_of, asked_digest, by_run, now()) RETURNING id INTO made;
    RETURN made;
END $$
"""


def upgrade() -> None:
    op.drop_constraint("kind", "deletions")
    op.create_check_constraint(
        "kind",
        "deletions",
        "kind IN ('answers', 'batch', 'outcomes', 'feedback', 'contests', 'quarantine', 'snapshot')",
    )
    op.execute(delete_answers(REFUSED, CONTESTED))
    op.execute(delete_batch(REFUSED, CONTESTED))
    op.execute(delete_words("outcomes", "known_at", "reported_at"))
    op.execute(delete_words("feedback", "given_at", "given_at"))
    op.execute(FORGET_CONTESTS)
    op.execute(EMPTY_QUARANTINE)
    op.execute(DELETE_SNAPSHOT)


def downgrade() -> None:
    op.execute("DROP FUNCTION delete_snapshot(text, text, timestamptz, bigint, text)")
    for table in ("quarantine", "contests", "feedback", "outcomes"):
        op.execute(f"DROP FUNCTION delete_{table}(text, bigint[], text)")
    op.execute(delete_batch(EVERY_INCIDENT, "true"))
    op.execute(delete_answers(EVERY_INCIDENT, "true"))
    op.drop_constraint("kind", "deletions")
    op.create_check_constraint("kind", "deletions", "kind IN ('answers', 'batch')")
