"""One reading of a model's data, and what every kind of source must hold against it."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Engine

from airlock.data.errors import DataError, SourceAway
from airlock.data.window import Window
from airlock.spec.data import CallableSource, FileSource, SqlSource
from airlock.spec.model import ModelSpec

#: How many rows of the source come before a batch, and the batch.
Piece = tuple[int, pa.RecordBatch]


@dataclass(frozen=True)
class Request:
    """Which columns of a model's data are read, of what time, known at what moment, and who connects."""

    spec: ModelSpec
    columns: tuple[str, ...]
    window: Window
    as_of: datetime
    models: Path
    connect: Callable[[str], Engine]

    @property
    def source(self) -> str:
        """How messages call the source."""
        match self.spec.data.source.kind:
            case SqlSource(connection=connection):
                return f"the query on the connection {connection!r}"
            case FileSource(path=path):
                return f"the file {path}"
            case CallableSource(function=function):
                return f"the function {function}"

    def error(self, key: str, wrong: str, cure: str) -> DataError:
        """Return the error that names this model's file and a key below `data`."""
        return DataError(self.spec.name, f"data.{key}", wrong, cure)

    def away(self, key: str, wrong: str, cure: str) -> SourceAway:
        """Return the error of a source that does not answer now, which names the same."""
        return SourceAway(self.spec.name, f"data.{key}", wrong, cure)

    def require_columns(self, found: Sequence[str]) -> None:
        """Refuse a source that lacks a column which is read, or gives it twice."""
        for name in self.columns:
            if name not in found:
                close = difflib.get_close_matches(name, found, n=1)
                hint = f"Did you mean {close[0]!r}? " if close else ""
                wrong = f"{self.source} gives no column {name!r}."
                raise self.error(f"columns.{name}", wrong, f"{hint}It gives: {', '.join(found) or 'none'}.")
            if found.count(name) > 1:
                wrong = f"{self.source} gives the column {name!r} {found.count(name)} times."
                raise self.error(f"columns.{name}", wrong, "Give each one a name of its own.")

    def batch(self, columns: Iterable[Sequence[Any]]) -> pa.RecordBatch:
        """Return columns of Python values, in the order of `columns`, as one batch."""
        return pa.record_batch([_array(values) for values in columns], names=list(self.columns))


def _array(values: Sequence[Any]) -> pa.Array:
    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        # Mixed types, or one Arrow does not know: as text, of which the conversion names the first bad row.
        array = pa.array(
            [None if value is None or value != value else str(value) for value in values], pa.string()
        )
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
