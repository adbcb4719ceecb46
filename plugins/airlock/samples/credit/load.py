"""Put generated days into the warehouse, so that filling twice is the same as filling once."""

from contextlib import closing
from datetime import UTC, date, datetime, time
from io import BytesIO

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import sqlalchemy as sa

from airlock.samples.credit.generate import CreditData
from airlock.samples.credit.tables import applications, customers, outcomes, truth


def load(target: sa.Engine | str, data: CreditData) -> None:
    """Replace exactly the days the data covers, in one transaction; the tables must exist.

    Customers are added once and leave again when no application of theirs is left.
    """
    engine = sa.create_engine(target) if isinstance(target, str) else target
    try:
        with engine.begin() as connection:
            # Two loads at once would each see only its own half of the customers in use.
            connection.execute(sa.text("LOCK TABLE applications IN SHARE ROW EXCLUSIVE MODE"))
            _empty_days(connection, data.start, data.end)
            _add_customers(connection, data.customers)
            for table, rows in (
                (applications, data.applications),
                (outcomes, data.outcomes),
                (truth, data.truth),
            ):
                _copy(connection, table.fullname, rows)
            in_use = sa.exists().where(applications.c.customer_id == customers.c.customer_id)
            connection.execute(customers.delete().where(~in_use))
    finally:
        if engine is not target:
            engine.dispose()


def _empty_days(connection: sa.Connection, start: date, end: date) -> None:
    first, last = (datetime.combine(day, time(), UTC) for day in (start, end))
    inside = (applications.c.applied_at >= first) & (applications.c.applied_at < last)
    replaced = sa.select(applications.c.application_id).where(inside)
    for table in (outcomes, truth):
        connection.execute(table.delete().where(table.c.application_id.in_(replaced)))
    connection.execute(applications.delete().where(inside))


def _add_customers(connection: sa.Connection, rows: pd.DataFrame) -> None:
    connection.execute(sa.text("CREATE TEMPORARY TABLE arriving (LIKE customers) ON COMMIT DROP"))
    _copy(connection, "arriving", rows)
    connection.execute(sa.text("INSERT INTO customers SELECT * FROM arriving ON CONFLICT DO NOTHING"))


def _copy(connection: sa.Connection, table: str, rows: pd.DataFrame) -> None:
    sheet = BytesIO()
    pa.csv.write_csv(pa.Table.from_pandas(rows, preserve_index=False), sheet)
    sheet.seek(0)
    columns = ", ".join(rows.columns)
    with closing(connection.connection.cursor()) as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv, HEADER)", sheet)
