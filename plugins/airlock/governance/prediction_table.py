"""Logged predictions as a table: PostgreSQL takes the JSON apart, Arrow reads what it copies out."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance.tables import predictions
from airlock.spec.columns import Kind

if TYPE_CHECKING:
    import pyarrow as pa

JSON_TYPES = {Kind.NUMBER: "number", Kind.BOOLEAN: "boolean", Kind.CATEGORY: "string"}


def read_window(
    conn: Connection, chosen: sa.ColumnElement[bool], kinds: Mapping[str, Kind | None]
) -> "pa.Table":
    """Return the chosen predictions with one column for each feature."""
    log = predictions.c
    columns = [_value(name, kind) for name, kind in kinds.items()]
    entity = sa.func.coalesce(log.entity_key, sa.cast(log.id, sa.Text))
    own = [log.score, log.prediction, log.version, entity, _microseconds(log.event_time)]
    query = sa.select(*columns, *own).where(chosen).order_by(log.event_time, log.id)
    return _copied(conn, query, kinds)


def _value(name: str, kind: Kind | None) -> sa.ColumnElement[Any]:
    field, text = predictions.c.features[name], predictions.c.features[name].astext
    if kind is None or kind is Kind.CATEGORY:
        return text
    value = sa.cast(text, sa.Double if kind is Kind.NUMBER else sa.Boolean)
    return sa.case((sa.func.jsonb_typeof(field) == JSON_TYPES[kind], value))


def _microseconds(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.cast(sa.extract("epoch", moment) * 1_000_000, sa.BigInteger)


def _copied(conn: Connection, query: sa.Select, kinds: Mapping[str, Kind | None]) -> "pa.Table":
    import pyarrow as pa

    types: dict[Kind | None, pa.DataType] = {Kind.NUMBER: pa.float64(), Kind.BOOLEAN: pa.bool_()}
    schema = {name: types.get(kind, pa.string()) for name, kind in kinds.items()}
    schema |= {"score": pa.float64(), "prediction": pa.string(), "version": pa.int64()}
    schema |= {"entity_key": pa.string(), "event_time": pa.int64()}
    compiled = query.compile(dialect=conn.dialect)
    copied = io.BytesIO()
    cursor = conn.connection.cursor()
    try:
        # COPY takes no parameters: the driver writes them into the query, quoted as it would send them.
        text = cursor.mogrify(str(compiled), compiled.params).decode()
        cursor.copy_expert(f"COPY ({text}) TO STDOUT (FORMAT csv)", copied)
    finally:
        cursor.close()
    table = _parsed(copied, schema)
    moments = table["event_time"].cast(pa.timestamp("us", "UTC"))
    return table.set_column(table.num_columns - 1, "event_time", moments)


def _parsed(copied: io.BytesIO, schema: "dict[str, pa.DataType]") -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv

    if not copied.getbuffer().nbytes:
        return pa.table({name: pa.array([], kind) for name, kind in schema.items()})
    copied.seek(0)
    return csv.read_csv(
        copied,
        read_options=csv.ReadOptions(column_names=list(schema)),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
