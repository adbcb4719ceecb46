"""The answers of a batch as they lie in the evidence store: one Parquet file, and a manifest that names it.

Its columns are `OWN`, then the features by their names, in the order in which the rows were answered.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from airlock.governance.batches import Batch, of_nights
from airlock.governance.copying import CopyError
from airlock.governance.prediction_table import ROWS_AT_ONCE, schema
from airlock.governance.predictions import PredictionRow
from airlock.spec.columns import Kind
from airlock.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from airlock.data.window import Window

KIND = "answers"
ANSWERS, MANIFEST = "answers.parquet", "manifest.json"
OWN = ("entity_key", "event_time", "score", "prediction")
COPY = "COPY batch_rows (batch_id, place, entity_key, event_time, score, prediction) FROM STDIN (FORMAT csv)"


def answers_file(store: Store, digest: str) -> Path:
    """Return the file of a batch's answers, once it is proved to be what its digest says.

    Raises
    ------
    StoreError
        When it is missing, or was changed.
    """
    return store.folder(KIND, digest) / ANSWERS


def answer_at(store: Store, batch: Batch, place: int) -> PredictionRow:
    """Return what was answered about one row of a batch; one row group is read."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(answers_file(store, batch.answers_digest))
    first, group = 0, 0
    while place - first >= (rows := file.metadata.row_group(group).num_rows):
        first, group = first + rows, group + 1
    return _prediction(batch, place, file.read_row_group(group).slice(place - first, 1))


def stream_window(
    conn: Connection, store: Store, model: str, window: "Window", kinds: Mapping[str, Kind | None]
) -> "Iterator[pa.Table]":
    """Yield what batches answered about the events of a window, as `predictions.stream_window` does."""
    for batch in of_nights(conn, model, *nights_of(window)):
        for rows in pieces(answers_file(store, batch.answers_digest), kinds):
            yield _as_logged(rows.filter(_inside(rows["event_time"], window)), batch.version, kinds)


def pieces(file: Path, kinds: Mapping[str, Kind | None]) -> "Iterator[pa.Table]":
    """Yield the rows of a batch's answers in pieces, of the features these only; texts are dictionaries."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    words = [name for name, kind in kinds.items() if kind not in (Kind.NUMBER, Kind.BOOLEAN)]
    # Buffering ahead would keep every row group until the last one is read.
    answers = pq.ParquetFile(file, read_dictionary=[*words, "prediction"], pre_buffer=False)
    given = [name for name in (*kinds, *OWN) if name in answers.schema_arrow.names]
    for rows in answers.iter_batches(ROWS_AT_ONCE, columns=given):
        yield pa.Table.from_batches([rows])


def nights_of(window: "Window") -> tuple[date | None, date | None]:
    """Return the first and the last night that have events in a window, whose end is no part of it."""
    last = window.end and window.end - timedelta(microseconds=1)
    return window.start and window.start.date(), last and last.date()


def of_entity(conn: Connection, store: Store, model: str, key: str) -> Iterator[PredictionRow]:
    """Yield what a model's batches answered about an entity; row groups that exclude it are not read."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    for batch in of_nights(conn, model):
        file, first = pq.ParquetFile(answers_file(store, batch.answers_digest)), 0
        column = file.schema.names.index("entity_key")
        for group in range(file.num_row_groups):
            seen = file.metadata.row_group(group).column(column).statistics
            if seen is None or not seen.has_min_max or seen.min <= key <= seen.max:
                rows = file.read_row_group(group)
                for place in pc.indices_nonzero(pc.equal(rows["entity_key"], key)).to_pylist():
                    yield _prediction(batch, first + place, rows.slice(place, 1))
            first += file.metadata.row_group(group).num_rows


def copy_rows(conn: Connection, store: Store, batch: Batch) -> None:
    """Write a batch's answers without their features into `batch_rows`, a piece at a time.

    Raises
    ------
    StoreError
        When they are missing, or were changed.
    CopyError
        When an entity's key holds a NUL character, which PostgreSQL cannot keep.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from pyarrow import csv

    file, place = pq.ParquetFile(answers_file(store, batch.answers_digest), pre_buffer=False), 0
    plain = csv.WriteOptions(include_header=False)
    with closing(conn.connection.cursor()) as cursor:
        for answers in file.iter_batches(ROWS_AT_ONCE, columns=list(OWN)):
            keys, rows = answers.column("entity_key"), answers.num_rows
            if (nul := pc.index(pc.match_substring(keys, "\0"), True).as_py()) >= 0:
                raise CopyError(
                    f"The key {keys[nul].as_py()!r} of {batch.model} holds a NUL character, which PostgreSQL "
                    "cannot keep. Leave it out in the source."
                )
            numbers = [pa.repeat(batch.id, rows), pa.array(range(place, place + rows))]
            lines = io.BytesIO()
            names = ["batch_id", "place", *answers.schema.names]
            csv.write_csv(pa.record_batch([*numbers, *answers.columns], names=names), lines, plain)
            lines.seek(0)
            cursor.copy_expert(COPY, lines)
            place += rows


def _prediction(batch: Batch, place: int, rows: "pa.Table") -> PredictionRow:
    """Return the only row of a table as the decision that it is."""
    (row,) = rows.to_pylist()
    own = {name: row.pop(name) for name in OWN}
    return PredictionRow(
        id=batch.id_of(place),
        model=batch.model,
        version=batch.version,
        source="batch",
        purpose="decision",
        features=row,
        run_key=batch.night.isoformat(),
        scored_at=batch.scored_at,
        **own | {"event_time": own["event_time"].astimezone(UTC)},
    )


def _inside(moments: "pa.ChunkedArray", window: "Window") -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    inside = pc.is_valid(moments)
    if window.start is not None:
        inside = pc.and_(inside, pc.greater_equal(moments, pa.scalar(window.start, moments.type)))
    if window.end is not None:
        inside = pc.and_(inside, pc.less(moments, pa.scalar(window.end, moments.type)))
    return inside


def _as_logged(rows: "pa.Table", version: int, kinds: Mapping[str, Kind | None]) -> "pa.Table":
    """Return rows with the columns of the log; a feature of another kind, or that was not asked, is null."""
    import pyarrow as pa

    rows = rows.append_column("version", pa.repeat(version, len(rows)))
    columns = {field.name: _as(rows, field) for field in schema(kinds)}
    return pa.table(columns)


def _as(rows: "pa.Table", field: "pa.Field") -> Any:
    import pyarrow as pa

    if field.name not in rows.column_names:
        return pa.nulls(len(rows), field.type)
    column, words = rows[field.name], pa.types.is_dictionary(rows[field.name].type)
    if words or field.type == pa.string():
        return column if words else column.cast(field.type)
    return column if column.type == field.type else pa.nulls(len(rows), field.type)
