"""The query that reads a table for a spec."""

from airlock.onboarding.columns import Columns
from airlock.onboarding.given import IDENTIFIERS, Table


def query_of(table: Table, columns: Columns, time: str | None) -> str:
    """Return one SELECT of the table's columns, within the time that is asked for where rows have a time.

    A moment without a zone is read as UTC, in PostgreSQL's words.
    """
    selected = ",\n       ".join(_selected(name, columns) for name in columns.table.column_names)
    query = f"SELECT {selected}\nFROM {table.written}"
    if time is None:
        return query
    moment = _moment(time, columns)
    return f"{query}\nWHERE {moment} >= :start AND {moment} < :end"


def _selected(name: str, columns: Columns) -> str:
    expression = _moment(name, columns)
    return expression if expression == _quoted(name) else f"{expression} AS {_quoted(name)}"


def _moment(name: str, columns: Columns) -> str:
    own = _quoted(columns.called[name])
    return f"CAST({own} AS timestamp) AT TIME ZONE 'UTC'" if name in columns.zoneless else own


def _quoted(name: str) -> str:
    """Return a column's name as SQL writes it; a colon is escaped, or it would name a parameter.

    >>> _quoted("income"), _quoted("window"), _quoted("per month:net")
    ('income', '"window"', '"per month\\\\:net"')
    """
    return IDENTIFIERS.quote(name).replace(":", "\\:")
