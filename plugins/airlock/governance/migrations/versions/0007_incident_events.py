"""Incidents have a timeline: what happened to each, whose it is, and the runs that have to do with it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

#: What is known of the incidents that were there before.
TAKEN_OVER = """
INSERT INTO incident_events (incident_id, event, at, "by", text, run, day, facts)
SELECT id, event, at, who, text, run, CAST(at AT TIME ZONE 'UTC' AS date), '{}' FROM (
    SELECT incidents.id, 'opened' AS event, found_at AS at, coalesce(actor, 'audit') AS who, sentence AS text, run
    FROM incidents LEFT JOIN audit_log AS log ON act = 'incident_opened' AND log.facts ->> 'incident' = incidents.id::text
    UNION ALL
    SELECT incidents.id, 'settled', settled_at, settled_by, settled_because, run
    FROM incidents LEFT JOIN audit_log AS log ON act = 'incident_settled' AND log.facts ->> 'incident' = incidents.id::text
    WHERE state = 'settled'
) AS known ORDER BY at, id
"""


def upgrade() -> None:
    op.create_table(
        "incident_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="the Airflow user's id, or the Dag that looked"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=True, comment="the Dag run, as <dag id>/<run id>"),
        sa.Column(
            "day", sa.Date(), nullable=True, comment="the night that was watched, or the day of the look"
        ),
        sa.Column(
            "owner", sa.Text(), nullable=True, comment="assigned only: whose it is now, an Airflow user's id"
        ),
        sa.Column("facts", sa.JSON(), nullable=False, comment="what was found, by its key: how much"),
        sa.CheckConstraint(
            "event IN ('opened', 'seen_again', 'worsened', 'assigned', 'noted', 'run_linked', 'recovered', "
            "'settled')",
            name="event",
        ),
        sa.CheckConstraint("(event = 'assigned') = (owner IS NOT NULL)", name="assigned_to_somebody"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("incident_events_by_incident", "incident_events", ["incident_id", "id"])
    op.create_index("incident_events_by_day", "incident_events", ["day", "event"])
    for name, event, about in (
        ("seen_once_a_day", "seen_again", "day"),
        ("linked_once", "run_linked", "run"),
    ):
        where = sa.text(f"event = '{event}'")
        op.create_index(name, "incident_events", ["incident_id", about], unique=True, postgresql_where=where)
    op.execute(TAKEN_OVER)


def downgrade() -> None:
    op.drop_table("incident_events")
