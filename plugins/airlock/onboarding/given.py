"""What a person gives: a CSV or Parquet file, or a table of a database that Airflow has a connection to."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError

from airlock.onboarding.errors import OnboardingError
from airlock.onboarding.text_file import read_text

#: A larger file is a database's work: it would not fit into memory beside its copy.
MOST_BYTES = 1 << 30
#: So many rows of a table are looked at to draft a spec, and no more are held against what was drafted.
MOST_ROWS = 200_000
TABLE = re.compile(r"(?P<connection>\w+):(?:(?P<schema>\w+)\.)?(?P<table>\w+)")
PARQUET = (".parquet", ".pq")
#: How PostgreSQL writes names: its reserved words are quoted.
IDENTIFIERS = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Table:
    """A table of a database."""

    connection: str
    schema: str | None
    name: str

    @property
    def written(self) -> str:
        """The table as SQL names it."""
        return IDENTIFIERS.format_table(sa.table(self.name, schema=self.schema))


@dataclass(frozen=True)
class Given:
    """The rows that a model is drafted from, as they came, and where from.

    Attributes
    ----------
    called
        How people call the source.
    database
        The table they come from; None where they are a file's.
    """

    rows: pa.Table
    called: str
    database: Table | None = None


def read_given(source: str, header: Sequence[str] | None, connect: Callable[[str], Any]) -> Given:
    """Read what SOURCE names: a file that is there, or else connection:schema.table.

    Parameters
    ----------
    header
        The names of the columns of a text file that has none of its own.
    connect
        Turns the name of an Airflow connection into an engine.

    Raises
    ------
    OnboardingError
        When it is nothing, cannot be read, or holds no rows or no columns that can be told apart.
    """
    path = Path(source).expanduser()
    if path.is_file():
        given = Given(_file(path, header), path.name)
    elif found := TABLE.fullmatch(source):
        table = Table(found["connection"], found["schema"], found["table"])
        given = Given(_table(table, connect), f"the table {table.written} ({table.connection})", table)
    else:
        cure = "Name a CSV or Parquet file of this machine, or a table as connection:schema.table."
        raise OnboardingError("SOURCE", f"{source!r} is no file and no table.", cure)
    if given.rows.num_rows == 0:
        raise OnboardingError("SOURCE", f"{given.called} holds no rows.", "Give data to learn from.")
    names = given.rows.column_names
    if twice := sorted({name for name in names if names.count(name) > 1}):
        cure = "Give each column a name of its own."
        raise OnboardingError("SOURCE", f"{given.called} has the column {twice[0]!r} twice.", cure)
    return given


def _file(path: Path, header: Sequence[str] | None) -> pa.Table:
    if path.stat().st_size > MOST_BYTES:
        wrong = f"{path.name} is larger than {MOST_BYTES >> 30} GiB."
        cure = "Load it into a database, and name the table as connection:schema.table."
        raise OnboardingError("SOURCE", wrong, cure)
    try:
        if path.suffix.lower() not in PARQUET:
            return read_text(path, header)
        if header:
            cure = "Leave HEADER away."
            raise OnboardingError("HEADER", "a Parquet file has names of its own.", cure)
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        wrong = f"{path.name} cannot be read: {' '.join(str(error).split()).rstrip('.')}."
        raise OnboardingError("SOURCE", wrong, "Mend the file, or its permissions.") from error


def _table(table: Table, connect: Callable[[str], Any]) -> pa.Table:
    try:
        engine = connect(table.connection)
    except Exception as error:  # whatever the backend that keeps the connections raises
        wrong = f"the connection {table.connection!r} cannot be used: {_first_line(error)}."
        cure = "Add it in Airflow under Admin > Connections, or name another; or SOURCE is a file not there."
        raise OnboardingError("SOURCE", wrong, cure) from error
    query: sa.Select[Any] = sa.select(sa.literal_column("*")).select_from(
        sa.table(table.name, schema=table.schema)
    )
    try:
        with engine.connect() as connection:
            found = connection.execute(query.limit(MOST_ROWS))
            names, rows = list(found.keys()), found.fetchall()
    except SQLAlchemyError as error:
        wrong = f"{table.written} cannot be read: {_first_line(error)}."
        raise OnboardingError(
            "SOURCE", wrong, "Correct the name, or ask for the right to read it."
        ) from error
    if odd := next((name for name in names if not name.isprintable()), None):
        wrong = f"{table.written} has a column {odd!r}, whose name cannot stand in a query that people read."
        raise OnboardingError("SOURCE", wrong, "Make a view that calls it otherwise, and name the view.")
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    return pa.table([_array(values) for values in columns], names=names)


def _array(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _first_line(error: Exception) -> str:
    said = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
    return said[0].rstrip(".")
