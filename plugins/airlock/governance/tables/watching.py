"""What the night shift leaves, and what it is told: nights, incidents, mails sent, hours of the API."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from airlock.governance.tables.schema import metadata, moment

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
    moment("measured_at"),
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
    moment("found_at"),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("settled_by", sa.Text, comment="the Airflow user's id"),
    moment("settled_at", nullable=True),
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
    moment("at"),
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

#: Mails that were sent, by what they are about: a repeated task sends none twice.
notices = sa.Table(
    "notices",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("recipients", sa.ARRAY(sa.Text), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    moment("sent_at"),
)

#: What each worker of the scoring API counted in each hour; only growing, and written again as it grows.
api_hours = sa.Table(
    "api_hours",
    metadata,
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("hour", sa.DateTime(timezone=True), primary_key=True, comment="when it began"),
    sa.Column("worker", UUID(as_uuid=True), primary_key=True, comment="the process that counted"),
    sa.Column("requests", sa.BigInteger, nullable=False),
    sa.Column("failures", sa.BigInteger, nullable=False, comment="answered with 5xx"),
    sa.Column("refusals", sa.BigInteger, nullable=False, comment="answered with 4xx"),
    sa.Column(
        "buckets",
        ARRAY(sa.BigInteger),
        nullable=False,
        comment="those not refused, by the bounds of airlock.spec.service, slower ones last",
    ),
    sa.CheckConstraint("cardinality(buckets) = 15", name="as_many_as_bounds"),
    sa.CheckConstraint("failures + refusals <= requests", name="parts_of_requests"),
)
