"""Parquet: of a file of many nights only the row groups of one are read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airlock.data.read import DataError, NoRows, read
from airlock.data.window import Window
from tests.airlock.data.loans import ANY_TIME, NOON, loans, no_connection

FIRST, DAY = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
SPEC = loans({"file": {"path": "loans.parquet", "format": "parquet"}})


def write(models: Path, moments: list[datetime | None], income: list[str]) -> None:
    """Write one row a row group."""
    rows = len(moments)
    table = pa.table(
        {
            "loan_id": [f"L-{number}" for number in range(rows)],
            "made_at": pa.array(moments, pa.timestamp("us", "UTC")),
            "income": income,
            "channel": ["web"] * rows,
            "urban": [True] * rows,
            "defaulted": [True] * rows,
        }
    )
    pq.write_table(table, models / "loans" / "loans.parquet", row_group_size=1)


def rows_of(models: Path, window: Window) -> list[str]:
    table = read(SPEC, window=window, as_of=NOON, models=models, connect=no_connection)
    return table["loan_id"].to_pylist()


DAYS = [FIRST + number * DAY for number in range(5)]
SECOND_AND_THIRD = Window(FIRST + DAY, FIRST + 3 * DAY)


def test_only_row_groups_of_the_window_are_read(models: Path) -> None:
    write(models, [*DAYS], ["not read", "1", "2", "nor this", "nor that"])
    assert rows_of(models, SECOND_AND_THIRD) == ["L-1", "L-2"]
    with pytest.raises(DataError, match=r"row 1 \(loan_id 'L-0'\) .* holds 'not read'"):
        rows_of(models, ANY_TIME)


def test_row_groups_that_were_not_read_still_count_in_a_row_s_number(models: Path) -> None:
    write(models, [*DAYS], ["0", "1", "two", "3", "4"])
    with pytest.raises(DataError, match=r"row 3 \(loan_id 'L-2'\) .* holds 'two'"):
        rows_of(models, SECOND_AND_THIRD)


def test_a_row_without_its_time_is_refused_wherever_it_lies(models: Path) -> None:
    write(models, [*DAYS[:4], None], ["0", "1", "2", "3", "4"])
    with pytest.raises(DataError, match=r"row 5 .* is empty"):
        rows_of(models, SECOND_AND_THIRD)


def test_rows_at_other_times_are_counted_though_they_were_not_read(models: Path) -> None:
    write(models, [*DAYS], ["0", "1", "2", "3", "4"])
    with pytest.raises(NoRows, match="though 5 at other times"):
        rows_of(models, Window(FIRST + 90 * DAY, None))
