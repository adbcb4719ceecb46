"""Sources: SQL, files and Python functions, each as batches of the columns a spec reads."""

from collections.abc import Iterator

import pyarrow as pa

from airlock.data.sources.file import read_file
from airlock.data.sources.function import read_function
from airlock.data.sources.request import Request
from airlock.data.sources.sql import read_sql
from airlock.spec.data import CallableSource, FileSource, SqlSource

__all__ = ["Request", "batches"]


def batches(request: Request) -> Iterator[pa.RecordBatch]:
    """Yield the source's rows, in its own order and types, with the columns that the spec reads."""
    match request.spec.data.source.kind:
        case SqlSource() as source:
            return read_sql(request, source)
        case FileSource() as source:
            return read_file(request, source)
        case CallableSource() as source:
            return read_function(request, source)
