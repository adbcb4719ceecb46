"""Files in an object storage give what files on disk give, and lead nowhere but where they say."""

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from airlock.data.errors import SourceAway
from airlock.data.read import DataError, read, stream
from airlock.data.window import Window
from airlock.object_storage import filesystem
from tests.airlock.data.loans import ANY_TIME, NOON, loans, no_connection
from tests.airlock.object_server import ObjectServer

TWO = (
    "loan_id,made_at,income,channel,urban,note,defaulted\n"
    "L-1,2026-03-01T12:00:00Z,1500.5,NA,yes,x,false\n"
    'L-2,2026-03-02T12:00:00Z,,"web, app",0,,\n'
)
Read = Callable[..., pa.Table]


@pytest.fixture
def read_at(models: Path) -> Read:
    """Read a file at an address."""

    def reading(path: str, format: str = "csv", window: Window = ANY_TIME, **how: Any) -> pa.Table:
        spec = loans({"file": {"path": path, "format": format} | how})
        return read(spec, window=window, as_of=NOON, models=models, connect=no_connection)

    return reading


@pytest.fixture
def address(object_storage: ObjectServer) -> str:
    """A bucket of this test's own."""
    return object_storage.new_bucket()


def parquet_of(table: pa.Table, path: Path, **how: Any) -> bytes:
    pq.write_table(table.append_column("note", pa.nulls(len(table), pa.string())), path, **how)
    return path.read_bytes()


def test_csv_and_parquet_give_what_they_give_on_disk(
    object_storage: ObjectServer, address: str, read_csv: Read, read_at: Read, tmp_path: Path
) -> None:
    expected = read_csv(TWO)
    object_storage.write(f"{address}/deep/loans.csv", TWO.encode())
    object_storage.write(f"{address}/loans.csv.gz", gzip.compress(TWO.encode()))
    object_storage.write(f"{address}/loans.parquet", parquet_of(expected, tmp_path / "file"))
    assert read_at(f"{address}/deep/loans.csv").equals(expected)
    assert read_at(f"{address}/loans.csv.gz").equals(expected)
    assert read_at(f"{address}/loans.parquet", "parquet").equals(expected)


def test_a_night_is_streamed_and_row_groups_of_other_nights_stay_where_they_are(
    object_storage: ObjectServer, address: str, read_csv: Read, models: Path, tmp_path: Path
) -> None:
    both = read_csv(TWO)
    content = parquet_of(both, tmp_path / "file", row_group_size=1)
    torn = bytearray(content)
    torn[4:40] = bytes(36)  # the first night's rows: whoever reads them fails
    object_storage.write(f"{address}/loans.parquet", bytes(torn))
    night = Window(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    spec = loans({"file": {"path": f"{address}/loans.parquet", "format": "parquet"}})
    asked = {"as_of": NOON, "models": models, "connect": no_connection}
    rows = pa.Table.from_batches(list(stream(spec, ["channel"], window=night, **asked)))
    assert rows["loan_id"].to_pylist() == ["L-2"]
    with pytest.raises(DataError):
        list(stream(spec, ["channel"], window=ANY_TIME, **asked))


def test_what_is_not_there_is_told(address: str, read_at: Read) -> None:
    for path in (f"{address}/none.csv", "s3://nobody-made-it/loans.csv"):
        with pytest.raises(
            DataError, match=f"data.source.file.path: the file {path} does not exist"
        ) as caught:
            read_at(path)
        assert not isinstance(caught.value, SourceAway)


def test_keys_that_are_refused_are_told(object_storage: ObjectServer, address: str, read_at: Read) -> None:
    object_storage.write(f"{address}/loans.csv", TWO.encode())
    with object_storage.locked(), pytest.raises(DataError, match=r"cannot be read: .*AWS_ACCESS_KEY_ID"):
        read_at(f"{address}/loans.csv")


@pytest.fixture
def _server_is_away(object_storage: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    filesystem.cache_clear()
    yield
    filesystem.cache_clear()


@pytest.mark.usefixtures("_server_is_away")
def test_a_server_that_is_away_is_told(read_at: Read) -> None:
    with pytest.raises(SourceAway, match="data.source.file.path: .*cannot be read: .*AWS_ENDPOINT_URL"):
        read_at("s3://bank/loans.csv")


@pytest.mark.parametrize(
    "path", ["s3://bank/../other/a.csv", "s3://bank/a.csv?versionId=1", "s3://bank//a.csv"]
)
def test_an_address_that_may_lead_elsewhere_is_refused_with_the_spec(path: str) -> None:
    with pytest.raises(ValidationError, match="Write s3://<bucket>/<path>, with no part"):
        loans({"file": {"path": path, "format": "csv"}})
