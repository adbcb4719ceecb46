"""SQL sources: of a query the columns that a spec reads, streamed from a database Airflow knows."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    Connection,
    Engine,
    Select,
    TextClause,
    TextualSelect,
    column,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from airlock.data.errors import DataError
from airlock.data.sources import copy
from airlock.data.sources.request import Request
from airlock.spec.data import SqlSource

BATCH_ROWS = 20_000
# What an open side of the window is bound to: a comparison with NULL would be true of no row.
EARLIEST, LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

#: The tokens of SQL, as far as is needed to find its last word: text, names and comments may hold anything.
TOKEN = re.compile(
    r"""
      (?P<silent> \s+ | ; | --[^\n]* | /\*.*?\*/ )
    | [eE]'(?:[^'\\]|\\.|'')*'  |  '(?:[^']|'')*'  |  "(?:[^"]|"")*"  |  (?P<dollar>\$\w*\$).*?(?P=dollar)
    | \w+ | .
    """,
    re.VERBOSE | re.DOTALL,
)


def read_sql(request: Request, source: SqlSource) -> Iterator[pa.RecordBatch]:
    """Run the query, read-only, with :start, :end and :as_of bound, and yield its rows as they stream in.

    The database is asked for the columns that are read: what nobody needs does not leave it. PostgreSQL gives
    them by COPY, where it has the types of all of them in common with Arrow.
    """
    statement, moments = _bound(request, source)
    engine = _engine(request, source)
    try:
        with engine.connect() as connection:
            read_only = connection.execution_options(postgresql_readonly=True)
            types = _types(request, read_only, statement, moments)
            if copy.knows(engine, types):
                yield from copy.copied(read_only, statement.bindparams(**moments), types)
                return
            streamed = read_only.execution_options(stream_results=True, yield_per=BATCH_ROWS)
            for rows in streamed.execute(_only(statement, request.columns), moments).partitions():
                yield request.batch(zip(*rows, strict=True))
    except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error) as error:
        wrong = f"{request.source} failed: {_first_line(error)}."
        if _is_away(error, engine):
            cure = "Look whether the database answers and the connection is right, then try again."
            raise request.away("source.sql.connection", wrong, cure) from error
        raise request.error("source.sql.query", wrong, "Mend the query, or the database.") from error


def _is_away(error: Exception, engine: Engine) -> bool:
    """Whether the database failed, or what leads to it, and not what it was asked."""
    driver = engine.dialect.loaded_dbapi
    return isinstance(getattr(error, "orig", error), (driver.OperationalError, driver.InterfaceError))


def _types(
    request: Request, connection: Connection, statement: TextClause, moments: Mapping[str, datetime]
) -> dict[str, Any]:
    """Return the driver's code for the type of each column that is read; the query must give them all."""
    given = connection.execute(_no_rows(statement), moments)
    request.require_columns(list(given.keys()))
    codes = {described[0]: described[1] for described in given.cursor.description}
    return {name: codes[name] for name in request.columns}


def _no_rows(statement: TextClause) -> Select:
    """Return a statement that gives every column of the query, and no row."""
    query = TextualSelect(statement, []).subquery("source")
    return select(literal_column("*")).select_from(query).limit(0)


def _only(statement: TextClause, names: tuple[str, ...]) -> Select:
    """Return a statement that gives only the named columns of the query, in that order."""
    return select(statement.columns(*(column(name) for name in names)).subquery("source"))


def _without_its_end(query: str) -> str:
    """Return a query without the semicolons and comments after it, which could not stand in brackets.

    >>> _without_its_end("SELECT '--;' FROM loans; -- all of them;")
    "SELECT '--;' FROM loans"
    """
    return query[: max((token.end() for token in TOKEN.finditer(query) if not token["silent"]), default=0)]


def _bound(request: Request, source: SqlSource) -> tuple[TextClause, dict[str, datetime]]:
    moments = {
        "start": request.window.start or EARLIEST,
        "end": request.window.end or LATEST,
        "as_of": request.as_of,
    }
    statement = text(_without_its_end(source.query))
    named = statement.compile().params.keys()
    if unknown := sorted(named - moments.keys()):
        raise request.error(
            "source.sql.query",
            f"uses :{unknown[0]}, which is bound to nothing.",
            "Use :start, :end and :as_of; write \\: for a plain colon.",
        )
    return statement, {name: moments[name] for name in named}


def _engine(request: Request, source: SqlSource) -> Engine:
    try:
        return request.connect(source.connection)
    except Exception as error:  # whatever the backend that keeps the connections raises
        raise _no_connection(request, source, error) from error


def _no_connection(request: Request, source: SqlSource, error: Exception) -> DataError:
    return request.error(
        "source.sql.connection",
        f"the connection {source.connection!r} cannot be used: {_first_line(error)}.",
        "Add it in Airflow under Admin > Connections, or name another.",
    )


def _first_line(error: Exception) -> str:
    """Return what the database said, without the statement and its parameters."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
    return said[0].rstrip(".")
