"""The warehouse tables of the credit world."""

import sqlalchemy as sa

TRUTH_SCHEMA = "truth"

metadata = sa.MetaData()

customers = sa.Table(
    "customers",
    metadata,
    sa.Column("customer_id", sa.Text, primary_key=True),
    sa.Column("birth_date", sa.Date, nullable=False),
    sa.Column("sex", sa.Text, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("customer_since", sa.Date, nullable=False),
)

applications = sa.Table(
    "applications",
    metadata,
    sa.Column("application_id", sa.Text, primary_key=True),
    sa.Column("customer_id", sa.Text, sa.ForeignKey(customers.c.customer_id), nullable=False, index=True),
    sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("amount", sa.Double, nullable=False),
    sa.Column("term_months", sa.Integer, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("income", sa.Double, comment="EUR a month; missing where the applicant did not say"),
    sa.Column("employment_years", sa.Double, nullable=False),
    sa.Column("housing", sa.Text, nullable=False),
    sa.Column("existing_debt", sa.Double, nullable=False),
    sa.Column("open_loans", sa.Integer, nullable=False),
    sa.Column("previous_defaults", sa.Integer, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
)

outcomes = sa.Table(
    "outcomes",
    metadata,
    sa.Column("application_id", sa.Text, sa.ForeignKey(applications.c.application_id), primary_key=True),
    sa.Column("defaulted", sa.Boolean, nullable=False),
    sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
)

truth = sa.Table(
    "default_probability",
    metadata,
    sa.Column("application_id", sa.Text, primary_key=True),
    sa.Column("probability", sa.Double, nullable=False),
    schema=TRUTH_SCHEMA,
)


def create_tables(engine: sa.Engine) -> None:
    """Create the schema and the tables that are not there yet."""
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(TRUTH_SCHEMA, if_not_exists=True))
        metadata.create_all(connection)
