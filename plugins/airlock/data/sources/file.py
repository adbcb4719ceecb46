"""File sources, on disk, in an object storage or wherever fsspec can open them, and CSV among them."""

import csv
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.csv as arrow_csv
from fsspec.implementations.arrow import ArrowFSWrapper

from airlock.data.sources.request import Request
from airlock.object_storage import SCHEME, cure_of, filesystem, path_of, said
from airlock.spec.data import FileSource

BLOCK_BYTES = 8 << 20


def address_of(request: Request, source: FileSource) -> str:
    """Return where a file is; a relative path starts at the model's folder."""
    return source.path if "://" in source.path else str(request.models / request.spec.name / source.path)


def opened(address: str, mode: str = "rb", **options: Any) -> AbstractContextManager[Any]:
    """Open a file at an address, of which only what is read travels."""
    if address.startswith(SCHEME):
        opened: AbstractContextManager = ArrowFSWrapper(filesystem()).open(path_of(address), mode, **options)
        return opened
    return fsspec.open(address, mode, **options)


@contextmanager
def told_apart(request: Request, address: str) -> Iterator[None]:
    """Turn what goes wrong while a file is read into the error that names the key to mend."""
    try:
        yield
    except FileNotFoundError as error:
        cure = "Put it there, or correct the path; a relative one starts at the model's folder."
        raise request.error("source.file.path", f"{request.source} does not exist.", cure) from error
    except pa.ArrowInvalid as error:
        cure = "Mend the file, or correct data.source.file (format, separator, header)."
        raise request.error(
            "source.file", f"{request.source} cannot be read: {said(error)}.", cure
        ) from error
    except (OSError, ImportError, ValueError) as error:
        here = "Mend the file or its permissions, or correct the path."
        far = address.startswith(SCHEME)
        tell = request.away if far and isinstance(error, OSError) else request.error
        raise tell(
            "source.file.path",
            f"{request.source} cannot be read: {said(error)}.",
            cure_of(error) if far else here,
        ) from error


def read_csv(request: Request, source: FileSource) -> Iterator[pa.RecordBatch]:
    """Yield a CSV file's rows as text, where only an empty field is missing."""
    address, wanted = address_of(request, source), list(request.columns)
    with told_apart(request, address):
        names = source.header or _header(source, address)
        request.require_columns(names)
        with opened(address, compression="infer") as file:
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
    with opened(address, "rt", **options) as file:
        return next(csv.reader(file, delimiter=source.separator), [])
