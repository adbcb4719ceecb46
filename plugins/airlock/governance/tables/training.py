"""What training leaves: the rows it set aside, the candidates it made, the versions it made again."""

import sqlalchemy as sa

from airlock.governance.tables.schema import metadata, moment

#: Rows that broke an expectation which speaks of single rows; a corrected row has another digest, so a row
#: of its own. `held` rows wait for a person, `released` ones are trained on, `dropped` ones never are.
quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("entity_key", sa.Text, comment="absent where the row has none"),
    sa.Column("row_digest", sa.Text, nullable=False),
    # JSON, not JSONB: a broken row's text may hold what JSONB refuses (a NUL).
    sa.Column("row", sa.JSON, nullable=False),
    sa.Column("reasons", sa.ARRAY(sa.Text), nullable=False, comment="sentences: the expectations it breaks"),
    sa.Column("snapshot_digest", sa.Text, nullable=False, comment="the newest it was found in"),
    sa.Column("dag_run_id", sa.Text, nullable=False, comment="the run that found it last"),
    moment("held_at"),
    sa.Column("state", sa.Text, nullable=False, server_default="held"),
    sa.Column("settled_by", sa.Text, comment="the Airflow user's id"),
    moment("settled_at", nullable=True),
    sa.Column("settled_because", sa.Text),
    sa.UniqueConstraint("model", "row_digest"),
    sa.CheckConstraint("state IN ('held', 'released', 'dropped')", name="state"),
    sa.CheckConstraint(
        "num_nulls(settled_by, settled_at, settled_because) = CASE state WHEN 'held' THEN 3 ELSE 0 END",
        name="settled_by_somebody",
    ),
)

#: One row for every training run that reached its gates: registered, or refused with the reason.
candidates = sa.Table(
    "candidates",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("dag_run_id", sa.Text, nullable=False, comment="the run of <model>.train"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, comment="one line: why it was registered or refused"),
    sa.Column("version", sa.Integer, comment="of the MLflow registered model; absent when refused"),
    sa.Column("mlflow_run_id", sa.Text, nullable=False),
    sa.Column("package_digest", sa.Text, nullable=False),
    sa.Column("snapshot_digest", sa.Text, nullable=False),
    sa.Column("spec_digest", sa.Text, nullable=False),
    sa.Column("evidence_digest", sa.Text, nullable=False),
    sa.Column("dossier_digest", sa.Text, comment="absent of those recorded before there were any"),
    # JSON, not JSONB: the text is kept as it was, so that its digest can be proved for ever.
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column(
        "trained_by", sa.Text, nullable=False, comment="an Airflow user, or the cause of an automatic run"
    ),
    sa.Column("cause", sa.Text, nullable=False),
    moment("as_of"),
    moment("recorded_at"),
    sa.UniqueConstraint("model", "dag_run_id"),
    sa.UniqueConstraint("model", "version"),
    sa.CheckConstraint("state IN ('registered', 'refused')", name="state"),
    sa.CheckConstraint("(state = 'registered') = (version IS NOT NULL)", name="registered_has_version"),
)

#: Registered versions that were trained again from their records, one row for each run of <model>.reproduce.
reproductions = sa.Table(
    "reproductions",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("candidate_id", sa.BigInteger, sa.ForeignKey("candidates.id"), nullable=False),
    sa.Column("dag_run_id", sa.Text, nullable=False, comment="the run of <model>.reproduce"),
    sa.Column("asked_by", sa.Text, nullable=False, comment="the Airflow user's id"),
    sa.Column("package_digest", sa.Text, nullable=False, comment="of what came out"),
    sa.Column("identical", sa.Boolean, nullable=False),
    sa.Column("same_answers", sa.Boolean, nullable=False),
    sa.Column("largest_difference", sa.Double, nullable=False),
    sa.Column("equal_decisions", sa.Double, nullable=False),
    sa.Column("changed", sa.JSON, nullable=False, comment="libraries and code that are not as they were"),
    sa.Column("sentence", sa.Text, nullable=False),
    moment("reproduced_at"),
    sa.UniqueConstraint("candidate_id", "dag_run_id"),
)
