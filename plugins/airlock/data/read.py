"""Reading a model's data from its source, in the types and the order that the spec's words stand for."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from airlock.data.errors import DataError, NoRows
from airlock.data.kinds import WORDS, Unfit, convert
from airlock.data.sources import Request, pieces
from airlock.data.window import Window, require_utc
from airlock.spec.columns import Role
from airlock.spec.model import ModelSpec

__all__ = ["DataError", "NoRows", "read", "read_columns", "stream"]

NAMED = 3


def read(
    spec: ModelSpec,
    *,
    window: Window,
    as_of: datetime,
    models: Path,
    connect: Callable[[str], Engine],
) -> pa.Table:
    """Return the rows whose event lies in the window, as they were known at `as_of`.

    Parameters
    ----------
    window : Window
        Held against the event time of every row, whatever the source gave; open where there is none.
    models : Path
        The folder with one folder for each model: relative paths and the model's own code start there.
    connect : callable
        Turns the name of an Airflow connection into an engine.

    Returns
    -------
    pyarrow.Table
        The columns of `spec.data.read`: number float64, category and identifier string, boolean bool, event
        time timestamp[us, UTC]; missing values are null. Sorted by event time and entity key.

    Raises
    ------
    DataError
        Naming the source, the column or row, what is wrong and the cure; `NoRows` where nothing else is.
    """
    request = _request(spec, spec.data.read, window, as_of, models, connect)
    parts, rows = [], 0
    for before, batch in pieces(request):
        rows = before + batch.num_rows
        parts.append(_typed(request, batch, before))
    table = pa.Table.from_batches(parts) if parts else None
    if table is None or table.num_rows == 0:
        raise NoRows(spec.name, "data.source", *_nothing(request, rows))
    _refuse_doubles(request, table)
    order = [name for name in (spec.data.event_time, spec.data.entity_key) if name is not None]
    return _spelled(table).sort_by([(name, "ascending") for name in order])


def stream(
    spec: ModelSpec,
    features: Sequence[str],
    *,
    window: Window,
    as_of: datetime,
    models: Path,
    connect: Callable[[str], Engine],
) -> Iterator[pa.RecordBatch]:
    """Yield the rows that `read` would return, in the order of the source, never all of them at once.

    Of the columns only entity key, event time and these features, in this order: the others are not taken
    from the source. Categories may be dictionaries. That an entity comes twice is not seen here.

    Raises
    ------
    DataError
        As `read` does, and when the spec does not list a feature; that there are no rows is no error here.
    """
    named = [name for name in (spec.data.entity_key, spec.data.event_time) if name is not None]
    request = _request(spec, (*named, *features), window, as_of, models, connect)
    for name in features:
        if name not in spec.data.columns:
            wrong = f"{name!r} is not listed, and the version that is to answer takes it."
            raise request.error(
                "columns", wrong, "Write it as it was, or release a version that does without."
            )
    for before, batch in pieces(request):
        yield _typed(request, batch, before)


def read_columns(
    spec: ModelSpec,
    columns: Sequence[str],
    *,
    window: Window,
    as_of: datetime,
    models: Path,
    connect: Callable[[str], Engine],
) -> pa.Table:
    """Return what `stream` yields of some columns as one table, no text in a dictionary; it may be empty."""
    batches = list(stream(spec, columns, window=window, as_of=as_of, models=models, connect=connect))
    if batches:
        return _spelled(pa.Table.from_batches(batches))
    named = [name for name in (spec.data.entity_key, spec.data.event_time) if name is not None]
    return pa.table({name: pa.array([], pa.string()) for name in (*named, *columns)})


def _spelled(table: pa.Table) -> pa.Table:
    """Return a table in which no text is in a dictionary."""
    plain = [field.with_type(pa.string()) if field.type == WORDS else field for field in table.schema]
    return table.cast(pa.schema(plain))


def _request(
    spec: ModelSpec,
    columns: tuple[str, ...],
    window: Window,
    as_of: datetime,
    models: Path,
    connect: Callable[[str], Engine],
) -> Request:
    require_utc("as_of", as_of)
    request = Request(spec, columns, window, as_of, models, connect)
    if spec.data.event_time is None and window != Window(None, None):
        wrong = f"is not set, so rows {window} cannot be told from others."
        raise request.error("event_time", wrong, "Name the column that says when a row's event happened.")
    return request


def _typed(request: Request, batch: pa.RecordBatch, before: int) -> pa.RecordBatch:
    """Return the batch's rows inside the window, each column in the type its role and kind stand for."""
    data = request.spec.data
    rows = np.arange(before + 1, before + 1 + batch.num_rows)
    if data.event_time is not None:
        inside = _inside(request.window, _column(request, batch, data.event_time, rows))
        if inside.false_count:
            batch, rows = batch.filter(inside), rows[inside.to_numpy(zero_copy_only=False)]
    columns = [_column(request, batch, name, rows) for name in request.columns]
    return pa.record_batch(columns, names=list(request.columns))


def _column(request: Request, batch: pa.RecordBatch, name: str, rows: np.ndarray) -> pa.Array:
    column = request.spec.data.columns[name]
    try:
        values = convert(batch.column(name), column)
        required = column.role is Role.EVENT_TIME or name == request.spec.data.entity_key
        if required and values.null_count:
            index = pc.index(pc.is_null(values), True).as_py()
            raise Unfit(index, "is empty.", "Every row needs one; leave the row out where there is none.")
    except Unfit as unfit:
        raise _named(request, batch, name, rows, unfit) from None
    return values


def _named(request: Request, batch: pa.RecordBatch, name: str, rows: np.ndarray, unfit: Unfit) -> DataError:
    where = f"the column {name!r}"
    if unfit.index is not None:
        key = request.spec.data.entity_key
        entity = "" if name == key else f" ({key} {batch.column(key)[unfit.index].as_py()!r})"
        where += f" in row {rows[unfit.index]}{entity}"
    return request.error(f"columns.{name}", f"{where} of {request.source} {unfit.wrong}", unfit.cure)


def _inside(window: Window, moments: pa.Array) -> pa.Array:
    inside = pc.is_valid(moments)
    if window.start is not None:
        inside = pc.and_(inside, pc.greater_equal(moments, pa.scalar(window.start, moments.type)))
    if window.end is not None:
        inside = pc.and_(inside, pc.less(moments, pa.scalar(window.end, moments.type)))
    return inside


def _nothing(request: Request, rows: int) -> tuple[str, str]:
    given = f", though {rows} at other times" if rows else ""
    wrong = f"{request.source} gives no rows {request.window}{given}."
    return wrong, "Look whether the data have arrived, or ask for another time."


def _refuse_doubles(request: Request, table: pa.Table) -> None:
    key = request.spec.data.entity_key
    counts = pc.value_counts(table[key])
    doubles = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    if len(doubles):
        named = ", ".join(sorted(doubles.to_pylist())[:NAMED])
        wrong = f"{request.source} gives {len(doubles)} values of {key!r} more than once: {named}."
        cure = "Give one row for each (a join may double them), or name the column that is unique."
        raise request.error("entity_key", wrong, cure)
