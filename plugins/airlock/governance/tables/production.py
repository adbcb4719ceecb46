"""The way into production and what is there: releases, approvals, deployments, challengers."""

import sqlalchemy as sa

from airlock.governance.tables.schema import metadata, moment

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
    moment("opened_at"),
    moment("decided_at", nullable=True),
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
    moment("responded_at"),
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
    moment("deployed_at"),
    moment("retired_at", nullable=True),
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
    moment("started_at"),
    moment("stepped_at"),
    moment("ended_at", nullable=True),
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
