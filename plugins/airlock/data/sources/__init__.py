"""Sources: SQL, files and Python functions, each as batches of the columns that are asked for."""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from airlock.data.sources.file import read_csv
from airlock.data.sources.function import read_function
from airlock.data.sources.parquet import read_parquet
from airlock.data.sources.request import Piece, Request
from airlock.data.sources.sql import read_sql
from airlock.spec.data import CallableSource, FileSource, SqlSource

__all__ = ["Piece", "Request", "pieces"]


def pieces(request: Request) -> Iterator[Piece]:
    """Yield the source's rows, in its own order and types, with how many rows come before each batch."""
    match request.spec.data.source.kind:
        case SqlSource() as source:
            return _counted(read_sql(request, source))
        case FileSource(format="parquet") as source:
            return read_parquet(request, source)
        case FileSource() as source:
            return _counted(read_csv(request, source))
        case CallableSource() as source:
            return _counted(read_function(request, source))


def _counted(batches: Iterable[pa.RecordBatch]) -> Iterator[Piece]:
    before = 0
    for batch in batches:
        yield before, batch
        before += batch.num_rows
