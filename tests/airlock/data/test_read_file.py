"""Files: CSV and Parquet, at any address, each mistake named by its place."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airlock.data.read import DataError, NoRows, read
from airlock.data.window import Window
from tests.airlock.data.loans import ANY_TIME, COLUMNS, NOON, loans, no_connection

HEADER = "loan_id,made_at,income,channel,urban,note,defaulted\n"
TWO = (
    HEADER
    + "L-2,2026-03-01T12:00:00Z,1500.5,NA,yes,x,false\n"
    + 'L-1,2026-03-01T14:00:00+02:00,,"web, app",0,,\n'
)
Read = Callable[..., pa.Table]

#: what is replaced in TWO, by what, and what the message must say
WRONG = {
    "missing column": (
        "income,",
        "incom,",
        ("data.columns.income:", "no column 'income'", "Did you mean 'incom'?"),
    ),
    "column twice": ("note", "income", ("data.columns.income:", "2 times")),
    "no number": (
        "1500.5",
        '"1500,5"',
        ("data.columns.income:", "row 1", "L-2", "'1500,5'", "is not a number"),
    ),
    "infinity": ("1500.5", "inf", ("data.columns.income:", "row 1", "infinity")),
    "no boolean": ("yes", "maybe", ("data.columns.urban:", "row 1", "'maybe'", "true or false")),
    "no boolean number": (",0,", ",2,", ("data.columns.urban:", "row 2", "'2'")),
    "naive time": (
        "14:00:00+02:00",
        "14:00:00",
        ("data.columns.made_at:", "row 2", "no time zone", "12:30:00Z"),
    ),
    "a day": ("2026-03-01T12:00:00Z", "2026-03-01", ("data.columns.made_at:", "row 1", "no time zone")),
    "no time": (
        "2026-03-01T12:00:00Z",
        "yesterday",
        ("data.columns.made_at:", "'yesterday'", "is not a moment"),
    ),
    "empty time": ("2026-03-01T12:00:00Z", "", ("data.columns.made_at:", "row 1", "is empty")),
    "empty key": ("L-1", "", ("data.columns.loan_id:", "row 2", "is empty")),
    "key twice": ("L-1", "L-2", ("data.entity_key:", "'loan_id' more than once", "L-2")),
    "torn row": (
        ",x,",
        ",",
        ("data.source.file:", "the file loans.csv", "Expected 7 columns, got 6", "L-2"),
    ),
    "no text": ("L-2", "\0\udcff", ("data.source.file",)),
}


def test_values_get_the_types_of_their_kinds(read_csv: Read) -> None:
    table = read_csv(TWO)
    assert table.schema == pa.schema(
        {
            "loan_id": pa.string(),
            "made_at": pa.timestamp("us", "UTC"),
            "income": pa.float64(),
            "channel": pa.string(),
            "urban": pa.bool_(),
            "defaulted": pa.bool_(),
        }
    )
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert [list(row.values()) for row in table.to_pylist()] == [
        ["L-1", noon, None, "web, app", False, None],
        ["L-2", noon, 1500.5, "NA", True, False],
    ]


@pytest.mark.parametrize("old, new, said", WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_named_by_its_place(models: Path, old: str, new: str, said: tuple[str, ...]) -> None:
    assert old in TWO
    text = TWO.replace(old, new, 1)
    (models / "loans" / "loans.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    spec = loans({"file": {"path": "loans.csv", "format": "csv"}})
    with pytest.raises(DataError) as caught:
        read(spec, window=ANY_TIME, as_of=NOON, models=models, connect=no_connection)
    assert str(caught.value).startswith("loans/model.yaml: data.")
    for words in said:
        assert words in str(caught.value)


def test_the_row_is_named_beyond_the_first_batch_and_outside_rows_do_not_shift_it(models: Path) -> None:
    rows = 150_000
    table = pa.table(
        {
            "loan_id": [f"L-{number}" for number in range(rows)],
            "made_at": pa.array([NOON] * rows, pa.timestamp("us", "UTC")),
            "income": ["1"] * (rows - 1) + ["one"],
            "channel": ["web"] * rows,
            "urban": [True] * rows,
            "defaulted": [True] * rows,
        }
    )
    pq.write_table(table, models / "loans" / "loans.parquet")
    spec = loans({"file": {"path": "loans.parquet", "format": "parquet"}})
    with pytest.raises(DataError, match=r"row 150000 \(loan_id 'L-149999'\) .* holds 'one'"):
        read(spec, window=ANY_TIME, as_of=NOON, models=models, connect=no_connection)


def test_only_rows_inside_the_window_are_kept_its_end_left_out(read_csv: Read) -> None:
    lines = "".join(f"L-{hour},2026-03-01T{hour:02}:00:00Z,1,a,1,,1\n" for hour in range(10, 15))
    window = Window(datetime(2026, 3, 1, 11, tzinfo=UTC), datetime(2026, 3, 1, 13, tzinfo=UTC))
    assert read_csv(HEADER + lines, window=window)["loan_id"].to_pylist() == ["L-11", "L-12"]


def test_an_empty_window_says_which(read_csv: Read) -> None:
    window = Window(datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC))
    with pytest.raises(
        NoRows, match="no rows from 2027-01-01 00:00 until before .*, though 2 at other times"
    ):
        read_csv(TWO, window=window)


@pytest.mark.parametrize("text", ["", HEADER])
def test_an_empty_file_is_refused(read_csv: Read, text: str) -> None:
    with pytest.raises(DataError, match=r"the file loans.csv (gives no|cannot be read: Empty CSV file)"):
        read_csv(text)


def test_a_window_needs_an_event_time(read_csv: Read) -> None:
    columns = {name: column for name, column in COLUMNS.items() if name != "made_at"}
    with pytest.raises(DataError, match="data.event_time: is not set"):
        read_csv(TWO, window=Window(None, NOON), event_time=None, columns=columns)
    assert read_csv(TWO, event_time=None, columns=columns)["loan_id"].to_pylist() == ["L-1", "L-2"]


def test_a_missing_file_is_named(models: Path) -> None:
    spec = loans({"file": {"path": "nowhere.csv", "format": "csv"}})
    with pytest.raises(
        DataError, match=r"data.source.file.path: the file nowhere.csv does not exist\. Put it"
    ):
        read(spec, window=ANY_TIME, as_of=NOON, models=models, connect=no_connection)


def test_an_address_nobody_can_open_is_named(models: Path) -> None:
    spec = loans({"file": {"path": "nothing://a/b.csv", "format": "csv"}})
    with pytest.raises(DataError, match="data.source.file.path: the file nothing://a/b.csv cannot be read"):
        read(spec, window=ANY_TIME, as_of=NOON, models=models, connect=no_connection)


def test_a_csv_that_says_it_is_parquet_is_told(models: Path) -> None:
    (models / "loans" / "loans.csv").write_text(TWO)
    spec = loans({"file": {"path": "loans.csv", "format": "parquet"}})
    with pytest.raises(DataError, match=r"cannot be read: .*data.source.file \(format, separator, header\)"):
        read(spec, window=ANY_TIME, as_of=NOON, models=models, connect=no_connection)


def test_other_separators_headers_compression_and_addresses(models: Path, read_csv: Read) -> None:
    expected = read_csv(TWO)
    plain = TWO.replace('"web, app"', "web~ app").replace(",", "\t").replace("~", ",")
    variants = {
        "with_mark.csv": ("\ufeff" + plain.replace("\t", ";").replace("web,", "web,"), {"separator": ";"}),
        "tabs.tsv": (plain, {"separator": "\t"}),
        "no_header.csv": (plain.split("\n", 1)[1], {"separator": "\t", "header": HEADER.strip().split(",")}),
        "packed.csv.gz": (plain, {"separator": "\t"}),
    }
    for name, (text, options) in variants.items():
        content = text.encode()
        (models / "loans" / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        with fsspec.open(f"memory://airlock/{name}", "wb") as file:
            file.write(gzip.compress(content) if name.endswith("gz") else content)
        for path in (name, str(models / "loans" / name), f"memory://airlock/{name}"):
            spec = loans({"file": {"path": path, "format": "csv"} | options})
            table = read(spec, window=ANY_TIME, as_of=NOON, models=models, connect=no_connection)
            assert table.equals(expected), path


def test_parquet_gives_what_csv_gives(models: Path, read_csv: Read) -> None:
    expected = read_csv(TWO)
    pq.write_table(
        expected.append_column("note", pa.nulls(2, pa.string())), models / "loans" / "loans.parquet"
    )
    spec = loans({"file": {"path": "loans.parquet", "format": "parquet"}})
    assert read(spec, window=ANY_TIME, as_of=NOON, models=models, connect=no_connection).equals(expected)
