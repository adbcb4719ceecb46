"""The tables of the airlock database. Alembic's migrations make them; this is how the code speaks of them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = sa.MetaData()


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


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
    _moment("as_of"),
    _moment("recorded_at"),
    sa.UniqueConstraint("model", "dag_run_id"),
    sa.UniqueConstraint("model", "version"),
    sa.CheckConstraint("state IN ('registered', 'refused')", name="state"),
    sa.CheckConstraint("(state = 'registered') = (version IS NOT NULL)", name="registered_has_version"),
)

#: One row for every run of <model>.release.
releases = sa.Table(
    "releases",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("dag_run_id", sa.Text, nullable=False),
    sa.Column("candidate_id", sa.BigInteger, sa.ForeignKey("candidates.id"), nullable=False),
    sa.Column(
        "package_digest", sa.Text, nullable=False, comment="the candidate's, when the release was opened"
    ),
    sa.Column("dossier_digest", sa.Text, nullable=False, comment="what every approver must have been shown"),
    sa.Column("people", sa.Integer, nullable=False, comment="distinct approvals needed"),
    sa.Column(
        "way", sa.Text, nullable=False, server_default="full", comment="how it goes beside what serves, first"
    ),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    _moment("opened_at"),
    _moment("decided_at", nullable=True),
    sa.UniqueConstraint("model", "dag_run_id"),
    sa.CheckConstraint("people >= 0", name="people"),
    sa.CheckConstraint("way IN ('full', 'shadow', 'canary', 'ab')", name="way"),
    sa.CheckConstraint(
        "state IN ('open', 'approved', 'rejected', 'expired', 'superseded', 'deployed', 'failed')",
        name="state",
    ),
)

#: One row for every human answer, written only when Airflow resumes the task with the recorded response.
approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("release_id", sa.BigInteger, sa.ForeignKey("releases.id"), primary_key=True),
    sa.Column("slot", sa.Integer, primary_key=True, comment="first approver 1, second 2"),
    sa.Column("responder", sa.Text, nullable=False, comment="the Airflow user's id"),
    sa.Column("choice", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("dossier_digest", sa.Text, nullable=False, comment="what the approver was shown"),
    _moment("responded_at"),
    sa.CheckConstraint("choice IN ('Approve', 'Reject')", name="choice"),
)

#: What serves: the champion of a model is its one row without retired_at. The only truth about production.
#: A row is never used again: a champion that comes back after a withdrawal gets a row of its own.
deployments = sa.Table(
    "deployments",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("release_id", sa.BigInteger, sa.ForeignKey("releases.id"), nullable=False),
    sa.Column("candidate_id", sa.BigInteger, sa.ForeignKey("candidates.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("package_digest", sa.Text, nullable=False),
    _moment("deployed_at"),
    _moment("retired_at", nullable=True),
    sa.Column("retired_because", sa.Text),
    sa.Column(
        "withdrawn",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="retired because it failed",
    ),
    sa.Column(
        "reinstates", sa.BigInteger, sa.ForeignKey("deployments.id"), comment="the earlier row it brings back"
    ),
    sa.CheckConstraint("(retired_at IS NULL) = (retired_because IS NULL)", name="retired_has_reason"),
    sa.Index("one_champion_per_model", "model", unique=True, postgresql_where=sa.text("retired_at IS NULL")),
    sa.Index(
        "one_deployment_per_release",
        "release_id",
        unique=True,
        postgresql_where=sa.text("reinstates IS NULL"),
    ),
)

#: Released versions that run beside the champion: one at a time for each model, one for each release.
challengers = sa.Table(
    "challengers",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("release_id", sa.BigInteger, sa.ForeignKey("releases.id"), nullable=False, unique=True),
    sa.Column("candidate_id", sa.BigInteger, sa.ForeignKey("candidates.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("package_digest", sa.Text, nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("share", sa.Double, nullable=False, comment="of the entities it answers; 0 for a shadow"),
    sa.Column("step", sa.Integer, nullable=False, comment="which of the shares, from 1"),
    _moment("started_at"),
    _moment("stepped_at"),
    _moment("ended_at", nullable=True),
    sa.Column("outcome", sa.Text),
    sa.Column("ended_because", sa.Text),
    sa.CheckConstraint("way IN ('shadow', 'canary', 'ab')", name="way"),
    sa.CheckConstraint("share >= 0 AND share <= 1", name="share"),
    sa.CheckConstraint(
        "outcome IN ('passed', 'broke', 'undecided', 'superseded', 'stopped')", name="outcome"
    ),
    sa.CheckConstraint(
        "num_nulls(ended_at, outcome, ended_because) IN (0, 3)", name="ended_has_outcome_and_reason"
    ),
    sa.Index("one_challenger_per_model", "model", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
)

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
    _moment("event_time"),
    _moment("scored_at"),
    sa.Column("client", sa.Text, comment="whose API key asked"),
    sa.CheckConstraint("source IN ('api', 'batch')", name="source"),
    sa.CheckConstraint("purpose IN ('decision', 'smoke_test', 'shadow')", name="purpose"),
    sa.Index("predictions_by_event_time", "model", "event_time"),
    # The log grows in this order, so a block range index of a few pages finds what is new.
    sa.Index("predictions_by_answer", "scored_at", postgresql_using="brin"),
    sa.Index("predictions_by_entity", "model", "entity_key"),
    sa.Index("predictions_by_run", "model", "run_key", postgresql_where=sa.text("run_key IS NOT NULL")),
)

#: One row for every watched night; a repeated night replaces its row.
nights = sa.Table(
    "nights",
    metadata,
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("night", sa.Date, primary_key=True, comment="the UTC day that was watched"),
    sa.Column("version", sa.Integer, comment="the champion that night; absent when none answered"),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("measures", JSONB, nullable=False),
    sa.Column("findings", JSONB, nullable=False, comment="the limits that were crossed"),
    sa.Column("report", sa.Text, comment="path of the Evidently page below the store's pages"),
    sa.Column("training_asked_by", sa.Text, comment="the run of <model>.monitor that asked for a training"),
    _moment("measured_at"),
)

#: Mails that were sent, by what they are about: a repeated task sends none twice.
notices = sa.Table(
    "notices",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("recipients", sa.ARRAY(sa.Text), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    _moment("sent_at"),
)

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
    _moment("held_at"),
    sa.Column("state", sa.Text, nullable=False, server_default="held"),
    sa.Column("settled_by", sa.Text, comment="the Airflow user's id"),
    _moment("settled_at", nullable=True),
    sa.Column("settled_because", sa.Text),
    sa.UniqueConstraint("model", "row_digest"),
    sa.CheckConstraint("state IN ('held', 'released', 'dropped')", name="state"),
    sa.CheckConstraint(
        "num_nulls(settled_by, settled_at, settled_because) = CASE state WHEN 'held' THEN 3 ELSE 0 END",
        name="settled_by_somebody",
    ),
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
    _moment("reproduced_at"),
    sa.UniqueConstraint("candidate_id", "dag_run_id"),
)

#: Things that a person must look at. One incident of a `key` is open at a time.
incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, comment="what it is about: found again, it is the same"),
    sa.Column("model", sa.Text),
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    _moment("found_at"),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("settled_by", sa.Text, comment="the Airflow user's id"),
    _moment("settled_at", nullable=True),
    sa.Column("settled_because", sa.Text),
    sa.CheckConstraint("state IN ('open', 'settled')", name="state"),
    sa.CheckConstraint(
        "num_nulls(settled_by, settled_at, settled_because) = CASE state WHEN 'open' THEN 3 ELSE 0 END",
        name="settled_by_somebody",
    ),
    sa.Index("one_open_incident_per_key", "key", unique=True, postgresql_where=sa.text("state = 'open'")),
)

#: The timeline of each incident; nobody may change or remove a row.
incident_events = sa.Table(
    "incident_events",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("incident_id", sa.BigInteger, sa.ForeignKey("incidents.id"), nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    _moment("at"),
    sa.Column("by", sa.Text, nullable=False, comment="the Airflow user's id, or the Dag that looked"),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("run", sa.Text, comment="the Dag run, as <dag id>/<run id>"),
    sa.Column("day", sa.Date, comment="the night that was watched, or the day of the look"),
    sa.Column("owner", sa.Text, comment="assigned only: whose it is now, an Airflow user's id"),
    sa.Column("facts", sa.JSON, nullable=False, comment="what was found, by its key: how much"),
    sa.CheckConstraint(
        "event IN ('opened', 'seen_again', 'worsened', 'assigned', 'noted', 'run_linked', 'recovered', "
        "'settled')",
        name="event",
    ),
    sa.CheckConstraint("(event = 'assigned') = (owner IS NOT NULL)", name="assigned_to_somebody"),
    sa.Index("incident_events_by_incident", "incident_id", "id"),
    sa.Index("incident_events_by_day", "day", "event"),
    sa.Index(
        "seen_once_a_day", "incident_id", "day", unique=True, postgresql_where=sa.text("event = 'seen_again'")
    ),
    sa.Index(
        "linked_once", "incident_id", "run", unique=True, postgresql_where=sa.text("event = 'run_linked'")
    ),
)

#: Every act that matters, each row hashed over the one before. Written by `audit_log.append` alone; nobody
#: may change or remove a row, and a trigger holds each new one against `audit_head`.
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False, comment="1, 2, 3 and so on"),
    _moment("at"),
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
    _moment("issued_at"),
    _moment("expires_at", nullable=True),
    sa.Column("revoked_by", sa.Text),
    sa.Column("revoked_because", sa.Text),
    _moment("revoked_at", nullable=True),
    sa.CheckConstraint(
        "num_nulls(revoked_by, revoked_because, revoked_at) IN (0, 3)", name="revoked_by_somebody"
    ),
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
    _moment("asked_at"),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("prediction", sa.Text, comment="the person's answer; upheld: the model's"),
    sa.Column("decided_by", sa.Text, comment="the Airflow user's id"),
    sa.Column("decided_because", sa.Text),
    _moment("decided_at", nullable=True),
    sa.CheckConstraint("state IN ('open', 'upheld', 'overturned')", name="state"),
    sa.CheckConstraint(
        "num_nulls(prediction, decided_by, decided_because, decided_at) = "
        "CASE state WHEN 'open' THEN 4 ELSE 0 END",
        name="decided_by_somebody",
    ),
)

#: What came true, as applications report it; of several reports about one thing the newest counts.
outcomes = sa.Table(
    "outcomes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("decision_id", UUID(as_uuid=True)),
    sa.Column("entity_key", sa.Text),
    sa.Column("outcome", sa.Text, nullable=False, comment="a class or a number, as text"),
    _moment("known_at"),
    sa.Column("reported_by", sa.Text, nullable=False, comment="the client"),
    _moment("reported_at"),
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
    _moment("given_at"),
    sa.CheckConstraint("verdict IN ('agree', 'disagree')", name="verdict"),
    sa.Index("feedback_by_model", "model", "given_at"),
    sa.Index("feedback_by_decision", "decision_id"),
)

#: Answers that retention deleted, one row for each of its acts. The database's own functions write it.
deletions = sa.Table(
    "deletions",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    _moment("first_event"),
    _moment("last_event"),
    sa.Column("digest", sa.Text, nullable=False, comment="of what was deleted"),
    sa.Column("run", sa.Text, nullable=False, comment="the Dag run, as <dag id>/<run id>"),
    _moment("deleted_at"),
    sa.CheckConstraint("kind IN ('answers', 'batch')", name="kind"),
    sa.Index("deletions_by_event", "model", "last_event"),
)

#: What is left of a deleted answer of the API: its id, which says nothing of anybody.
deleted_answers = sa.Table(
    "deleted_answers",
    metadata,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("deletion_id", sa.BigInteger, sa.ForeignKey("deletions.id"), nullable=False),
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
    _moment("scored_at"),
    _moment("replaced_at", nullable=True),
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
    _moment("event_time"),
    sa.Column("score", sa.Double, nullable=False),
    sa.Column("prediction", sa.Text, nullable=False),
    sa.Index("batch_rows_by_entity", "entity_key"),
)
