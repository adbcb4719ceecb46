"""PostgreSQL's COPY as Arrow batches: no Python object for each value, and one batch in memory at a time."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import BufferedReader, FileIO
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from pyarrow import csv
from sqlalchemy import Connection, Engine, TextClause

BLOCK_BYTES = 8 << 20
PIPE_BYTES = 1 << 20
TIMESTAMPTZ = 1184
#: The Arrow type in which the text of a PostgreSQL type is the value itself, by the type's number.
TYPES: Mapping[int, pa.DataType] = {
    16: pa.bool_(),
    **dict.fromkeys((20, 21, 23), pa.int64()),  # bigint, smallint, integer
    **dict.fromkeys((700, 701, 1700), pa.float64()),  # real, double precision, numeric
    **dict.fromkeys((19, 25, 1042, 1043), pa.string()),  # name, text, char, varchar
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    TIMESTAMPTZ: pa.int64(),  # sent as microseconds since 1970, whatever the session's time zone
}
MOMENT = pa.timestamp("us", "UTC")


def knows(engine: Engine, types: Mapping[str, Any]) -> bool:
    """Whether COPY can give columns of these types through this driver."""
    return (
        engine.dialect.name == "postgresql" and engine.driver == "psycopg2" and {*types.values()} <= {*TYPES}
    )


def copied(
    connection: Connection, statement: TextClause, types: Mapping[str, int]
) -> Iterator[pa.RecordBatch]:
    """Yield the named columns of a query's rows, in the query's own order.

    Parameters
    ----------
    statement
        The query, its parameters bound.
    types
        The number of each column's type.
    """
    given = {name: TYPES[code] for name, code in types.items()}
    for batch in streamed(connection, _select(statement, types), given):
        yield _with_moments(batch, types)


def streamed(
    connection: Connection, query: sa.Select, types: Mapping[str, pa.DataType]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a query whose columns, in this order, have these types when they are read as text."""
    reading, writing = os.pipe()
    with ThreadPoolExecutor(1) as copier, BufferedReader(FileIO(reading), PIPE_BYTES) as lines:
        copying = copier.submit(_copy, connection, query, writing)
        if lines.peek(1):
            try:
                yield from _parsed(lines, types)
            except pa.ArrowInvalid:
                copying.result()  # what stopped the lines, not what became of the last one
                raise
        copying.result()


def _select(statement: TextClause, types: Mapping[str, int]) -> sa.Select:
    rows = statement.columns(*(sa.column(name) for name in types)).subquery("source")
    return sa.select(
        *(
            _microseconds(rows.c[name]) if code == TIMESTAMPTZ else rows.c[name]
            for name, code in types.items()
        )
    )


def _microseconds(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.cast(sa.extract("epoch", moment) * 1_000_000, sa.BigInteger)


def _copy(connection: Connection, query: sa.Select, writing: int) -> None:
    compiled = query.compile(dialect=connection.dialect)
    with os.fdopen(writing, "wb", PIPE_BYTES) as lines, closing(connection.connection.cursor()) as cursor:
        # COPY takes no parameters: the driver writes them into the query, quoted as it would send them.
        text = cursor.mogrify(str(compiled), compiled.params).decode()
        cursor.copy_expert(f"COPY ({text}) TO STDOUT (FORMAT csv)", lines)


def _parsed(lines: Any, types: Mapping[str, pa.DataType]) -> csv.CSVStreamingReader:
    return csv.open_csv(
        lines,
        csv.ReadOptions(block_size=BLOCK_BYTES, column_names=list(types)),
        # A line is empty where the only column is NULL.
        csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _with_moments(batch: pa.RecordBatch, types: Mapping[str, int]) -> pa.RecordBatch:
    columns = [
        column.cast(MOMENT) if code == TIMESTAMPTZ else column
        for column, code in zip(batch.columns, types.values(), strict=True)
    ]
    return pa.record_batch(columns, names=batch.schema.names)
