"""Logged predictions as tables: PostgreSQL takes the JSON apart, Arrow reads what it copies out."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance.tables import predictions
from airlock.spec.columns import Kind

if TYPE_CHECKING:
    import pyarrow as pa

#: What a prediction says beside the features, in the order in which tables of them have it.
OWN_COLUMNS = ("score", "prediction", "version", "entity_key", "event_time")
#: No table of a stream has more rows.
ROWS_AT_ONCE = 65_536
JSON_TYPES = {Kind.NUMBER: "number", Kind.BOOLEAN: "boolean", Kind.CATEGORY: "string"}


def schema(kinds: Mapping[str, Kind | None]) -> "pa.Schema":
    """Return the columns of a table of predictions: the features, then `OWN_COLUMNS`."""
    import pyarrow as pa

    types: dict[Kind | None, pa.DataType] = {Kind.NUMBER: pa.float64(), Kind.BOOLEAN: pa.bool_()}
    own = (pa.float64(), pa.string(), pa.int64(), pa.string(), pa.timestamp("us", "UTC"))
    features = [(name, types.get(kind, pa.string())) for name, kind in kinds.items()]
    return pa.schema([*features, *zip(OWN_COLUMNS, own, strict=True)])


def stream_chosen(
    conn: Connection, chosen: sa.ColumnElement[bool], kinds: Mapping[str, Kind | None]
) -> "Iterator[pa.Table]":
    """Yield the chosen predictions by event time, with one column for each feature."""
    import pyarrow as pa

    from airlock.data.sources.copy import streamed

    log, wanted = predictions.c, schema(kinds)
    columns = [_value(name, kind) for name, kind in kinds.items()]
    entity = sa.func.coalesce(log.entity_key, sa.cast(log.id, sa.Text))
    own = [log.score, log.prediction, log.version, entity, _microseconds(log.event_time)]
    query = sa.select(*columns, *own).where(chosen).order_by(log.event_time, log.id)
    types = {field.name: field.type for field in wanted} | {"event_time": pa.int64()}
    for batch in streamed(conn, query, types):
        table = pa.Table.from_batches([batch]).cast(wanted)
        yield from (table.slice(first, ROWS_AT_ONCE) for first in range(0, len(table), ROWS_AT_ONCE))


def _value(name: str, kind: Kind | None) -> sa.ColumnElement[Any]:
    field, text = predictions.c.features[name], predictions.c.features[name].astext
    if kind is None or kind is Kind.CATEGORY:
        return text
    value = sa.cast(text, sa.Double if kind is Kind.NUMBER else sa.Boolean)
    return sa.case((sa.func.jsonb_typeof(field) == JSON_TYPES[kind], value))


def _microseconds(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.cast(sa.extract("epoch", moment) * 1_000_000, sa.BigInteger)
