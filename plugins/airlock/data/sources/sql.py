"""SQL sources: a query streamed from a database that Airflow has a connection to."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa
from sqlalchemy import Engine, TextClause, text
from sqlalchemy.exc import SQLAlchemyError

from airlock.data.errors import DataError
from airlock.data.sources.request import Request
from airlock.spec.data import SqlSource

BATCH_ROWS = 20_000
# What an open side of the window is bound to: a comparison with NULL would be true of no row.
EARLIEST, LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def read_sql(request: Request, source: SqlSource) -> Iterator[pa.RecordBatch]:
    """Run the query, read-only, with :start, :end and :as_of bound, and yield its rows as they stream in."""
    statement, moments = _bound(request, source)
    engine = _engine(request, source)
    try:
        with engine.connect() as connection:
            streamed = connection.execution_options(
                stream_results=True, yield_per=BATCH_ROWS, postgresql_readonly=True
            )
            result = streamed.execute(statement, moments)
            found = list(result.keys())
            request.require_columns(found)
            places = [found.index(name) for name in request.spec.data.read]
            for rows in result.partitions():
                columns = list(zip(*rows, strict=True))
                yield request.batch(columns[place] for place in places)
    except SQLAlchemyError as error:
        raise request.error(
            "source.sql.query",
            f"{request.source} failed: {_first_line(error)}.",
            "Mend the query, or the database.",
        ) from error


def _bound(request: Request, source: SqlSource) -> tuple[TextClause, dict[str, datetime]]:
    moments = {
        "start": request.window.start or EARLIEST,
        "end": request.window.end or LATEST,
        "as_of": request.as_of,
    }
    statement = text(source.query)
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
