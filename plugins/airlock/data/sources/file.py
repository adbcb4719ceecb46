"""File sources: one CSV or Parquet file at any address that fsspec can open."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager

import fsspec
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from airlock.data.sources.request import Request
from airlock.spec.data import FileSource

BLOCK_BYTES = 8 << 20
BATCH_ROWS = 100_000


def read_file(request: Request, source: FileSource) -> Iterator[pa.RecordBatch]:
    """Yield the file's rows: Parquet in its own types, CSV as text where only an empty field is missing."""
    address = source.path if "://" in source.path else str(request.models / request.spec.name / source.path)
    with _told_apart(request):
        if source.format == "parquet":
            yield from _parquet(request, address)
        else:
            yield from _csv(request, source, address)


@contextmanager
def _told_apart(request: Request) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        cure = "Put it there, or correct the path; a relative one starts at the model's folder."
        raise request.error("source.file.path", f"{request.source} does not exist.", cure) from error
    except pa.ArrowInvalid as error:
        cure = "Mend the file, or correct data.source.file (format, separator, header)."
        raise request.error(
            "source.file", f"{request.source} cannot be read: {_said(error)}.", cure
        ) from error
    except (OSError, ImportError, ValueError) as error:
        cure = "Mend the file or its permissions, or correct the path."
        raise request.error(
            "source.file.path", f"{request.source} cannot be read: {_said(error)}.", cure
        ) from error


def _said(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _parquet(request: Request, address: str) -> Iterator[pa.RecordBatch]:
    with fsspec.open(address, "rb") as file:
        parquet = pq.ParquetFile(file)
        request.require_columns(parquet.schema_arrow.names)
        for batch in parquet.iter_batches(BATCH_ROWS, columns=list(request.spec.data.read)):
            yield batch.select(list(request.spec.data.read))


def _csv(request: Request, source: FileSource, address: str) -> Iterator[pa.RecordBatch]:
    names = source.header or _header(source, address)
    request.require_columns(names)
    wanted = list(request.spec.data.read)
    with fsspec.open(address, "rb", compression="infer") as file:
        yield from arrow_csv.open_csv(
            file,
            arrow_csv.ReadOptions(
                block_size=BLOCK_BYTES, column_names=names, skip_rows=0 if source.header else 1
            ),
            arrow_csv.ParseOptions(delimiter=source.separator, newlines_in_values=True),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=wanted,
                # Arrow's own list would take the country NA (Namibia) for a missing value.
                null_values=[""],
                strings_can_be_null=True,
            ),
        )


def _header(source: FileSource, address: str) -> list[str]:
    options = {"encoding": "utf-8-sig", "newline": "", "compression": "infer"}
    with fsspec.open(address, "rt", **options) as file:
        return next(csv.reader(file, delimiter=source.separator), [])
