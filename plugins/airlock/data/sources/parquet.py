"""Parquet sources: the row groups that may hold events of the time that is asked for."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from airlock.data.sources.file import address_of, opened, told_apart
from airlock.data.sources.request import Piece, Request
from airlock.data.window import Window
from airlock.spec.columns import Kind
from airlock.spec.data import FileSource

BATCH_ROWS = 65_536
#: A column is read in pieces of this size, or a whole row group would be held.
BUFFER_BYTES = 1 << 20


def read_parquet(request: Request, source: FileSource) -> Iterator[Piece]:
    """Yield the file's rows in its own types, with how many rows come before each batch.

    A row group whose statistics say that all of its events lie outside the window is not read.
    """
    address = address_of(request, source)
    with told_apart(request, address), opened(address) as file:
        known = pq.ParquetFile(file)
        request.require_columns(known.schema_arrow.names)
        # Words that come again and again are read as a dictionary of them, in half the time.
        words = [one for one in request.columns if request.spec.data.kind_of(one) is Kind.CATEGORY]
        parquet = pq.ParquetFile(
            file, metadata=known.metadata, buffer_size=BUFFER_BYTES, read_dictionary=words
        )
        before, names = 0, list(request.columns)
        for group in range(parquet.num_row_groups):
            first = before
            if _may_lie_in(request.window, parquet, group, request.spec.data.event_time):
                for batch in parquet.iter_batches(BATCH_ROWS, row_groups=[group], columns=names):
                    yield first, batch.select(names)
                    first += batch.num_rows
            before += parquet.metadata.row_group(group).num_rows
        yield (
            before,
            pa.RecordBatch.from_pylist([], pa.schema([parquet.schema_arrow.field(n) for n in names])),
        )


def _may_lie_in(window: Window, parquet: pq.ParquetFile, group: int, event_time: str | None) -> bool:
    """Whether a row group may hold events of the window, or moments that must be refused."""
    place = parquet.schema.names.index(event_time) if event_time in parquet.schema.names else None
    if place is None or not _has_zone(parquet.schema_arrow.field(event_time).type):
        return True
    seen = parquet.metadata.row_group(group).column(place).statistics
    if seen is None or not seen.has_min_max or not seen.has_null_count or seen.null_count:
        return True
    after = window.end is not None and seen.min >= window.end
    return not (after or (window.start is not None and seen.max < window.start))


def _has_zone(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) and kind.tz is not None)
