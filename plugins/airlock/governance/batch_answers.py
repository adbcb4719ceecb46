"""The answers of a batch as they lie in the evidence store: one Parquet file, and a manifest that names it.

Its columns are `OWN`, then the features by their names, in the order in which the rows were answered.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from airlock.governance.batches import Batch, of_nights
from airlock.governance.copying import CopyError
from airlock.governance.predictions import OWN_COLUMNS, PredictionRow
from airlock.spec.columns import Kind
from airlock.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from airlock.data.window import Window

KIND = "answers"
ANSWERS, MANIFEST = "answers.parquet", "manifest.json"
OWN = ("entity_key", "event_time", "score", "prediction")
ROWS_AT_ONCE = 65_536
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


def of_window(
    conn: Connection, store: Store, model: str, window: "Window", kinds: Mapping[str, Kind | None]
) -> "pa.Table":
    """Return what batches answered about the events of a window, as `predictions.of_window` gives it."""
    import pyarrow as pa

    first, last = (bound and bound.date() for bound in (window.start, window.end))
    read = [
        _table(store, batch, window, kinds) for batch in of_nights(conn, model, first, last) if batch.rows
    ]
    return pa.concat_tables([_schema(kinds).empty_table(), *read])


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
    CopyError
        When an entity's key holds a NUL character, which PostgreSQL cannot keep.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from pyarrow import csv

    file, place = pq.ParquetFile(store.root / KIND / batch.answers_digest / ANSWERS), 0
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


def _table(store: Store, batch: Batch, window: "Window", kinds: Mapping[str, Kind | None]) -> "pa.Table":
    """Return the rows of a batch in the window; a feature of another kind, or that was not asked, is null."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    rows = ds.dataset(answers_file(store, batch.answers_digest), format="parquet")
    moment, inside = ds.field("event_time"), ds.scalar(True)
    if window.start is not None:
        inside &= moment >= window.start
    if window.end is not None:
        inside &= moment < window.end
    known = [name for name in kinds if name in rows.schema.names]
    table = rows.to_table(columns=[*known, *OWN], filter=inside)
    table = table.append_column("version", pa.repeat(batch.version, len(table)))
    columns = [_as(table, field) for field in _schema(kinds)]
    return pa.table(columns, schema=_schema(kinds))


def _as(table: "pa.Table", field: "pa.Field") -> Any:
    import pyarrow as pa

    if field.name in table.column_names:
        column = table[field.name]
        if column.type == field.type or field.type == pa.string():
            return column.cast(field.type)
    return pa.nulls(len(table), field.type)


def _schema(kinds: Mapping[str, Kind | None]) -> "pa.Schema":
    import pyarrow as pa

    types: dict[Kind | None, pa.DataType] = {Kind.NUMBER: pa.float64(), Kind.BOOLEAN: pa.bool_()}
    own = (pa.float64(), pa.string(), pa.int64(), pa.string(), pa.timestamp("us", "UTC"))
    features = [(name, types.get(kind, pa.string())) for name, kind in kinds.items()]
    return pa.schema([*features, *zip(OWN_COLUMNS, own, strict=True)])
