"""Snapshots: named by their content, the same for the same content, proved on opening."""

import json
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.data.errors import DataError
from airlock.data.snapshot import Snapshot, open_snapshot, take_snapshot, without
from airlock.store import Store, StoreError
from tests.airlock.data.loans import COLUMNS, NOON, loans, no_connection

HEADER = "loan_id,made_at,income,channel,urban,defaulted\n"
ROWS = [
    "L-1,2026-01-01T10:00:00Z,1500,web,1,true\n",
    "L-2,2026-01-02T10:00:00Z,1600.5,branch,0,false\n",
    "L-3,2026-01-02T10:00:00Z,,,,false\n",
    "L-4,2026-01-03T10:00:00Z,1,web,1,\n",
]
Take = Callable[..., Snapshot]


def snapshot_of(rows: list[str], folder: Path, as_of: Any = NOON, **data: Any) -> Snapshot:
    """Take a snapshot of lines of CSV, in a store and a models folder below `folder`."""
    (folder / "models" / "loans").mkdir(parents=True, exist_ok=True)
    (folder / "models" / "loans" / "loans.csv").write_text(HEADER + "".join(rows))
    spec = loans({"file": {"path": "loans.csv", "format": "csv"}}, **data)
    return take_snapshot(
        spec,
        as_of=as_of,
        store=Store(folder / "store"),
        models=folder / "models",
        connect=no_connection,
        code_version="v1",
    )


def test_holds_the_rows_whose_outcome_is_known_and_says_where_they_are_from(tmp_path: Path) -> None:
    taken = snapshot_of(ROWS, tmp_path, history="365d")
    assert taken.table()["loan_id"].to_pylist() == ["L-1", "L-2", "L-3"]
    assert (taken.manifest["rows"], taken.manifest["rows_without_outcome"]) == (3, 1)
    assert taken.manifest["window"] == {
        "start": "2025-03-02T12:00:00+00:00",
        "end": "2026-03-02T12:00:00+00:00",
    }
    assert taken.manifest["source"]["file"]["path"] == "loans.csv"
    income = {"name": "income", "type": "double", "role": "feature", "unit": "", "classification": "personal"}
    assert income in taken.manifest["columns"]


def test_opened_again_it_is_the_same(tmp_path: Path) -> None:
    taken = snapshot_of(ROWS, tmp_path)
    opened = open_snapshot(Store(tmp_path / "store"), taken.digest)
    assert opened == taken
    assert opened.table().equals(taken.table())


def test_taken_twice_it_is_kept_once(tmp_path: Path) -> None:
    assert snapshot_of(ROWS, tmp_path) == snapshot_of(ROWS, tmp_path)
    assert len(list((tmp_path / "store" / "snapshots").iterdir())) == 1
    assert not list((tmp_path / "store" / "staging").iterdir())


@given(st.permutations(ROWS))
def test_the_digest_does_not_depend_on_the_order_of_the_source(rows: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert snapshot_of(rows, Path(folder)).digest == snapshot_of(ROWS, Path(folder)).digest


@pytest.mark.parametrize(
    "change",
    [
        {"rows": [ROWS[0].replace("1500", "1500.01"), *ROWS[1:]]},
        {"rows": ROWS[:3]},
        {"as_of": NOON + timedelta(minutes=1)},
        {"history": "900d"},
    ],
)
def test_other_content_has_another_digest(tmp_path: Path, change: dict[str, Any]) -> None:
    changed = snapshot_of(**{"rows": ROWS, "folder": tmp_path, **change})
    assert changed.digest != snapshot_of(ROWS, tmp_path).digest


def test_no_known_outcome_is_an_error_that_says_as_of_when(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data.target: no row before .* known as of 2026-03-02 12:00 UTC"):
        snapshot_of(ROWS[3:], tmp_path)


def test_a_positive_value_that_never_occurs_is_an_error_that_lists_the_values(tmp_path: Path) -> None:
    columns = {name: column for name, column in COLUMNS.items() if name != "note"}
    columns["defaulted"] = columns["defaulted"] | {"kind": "category"}
    with pytest.raises(
        DataError, match=r"data.positive: .* at 'yes', .*found: 'false', 'true'\. Write the value"
    ):
        snapshot_of(ROWS, tmp_path, columns=columns, positive="yes")


@pytest.mark.parametrize("name", ["data.parquet", "manifest.json"])
def test_a_changed_snapshot_is_not_opened(tmp_path: Path, name: str) -> None:
    taken = snapshot_of(ROWS, tmp_path)
    with (taken.folder / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(StoreError, match="was changed"):
        open_snapshot(Store(tmp_path / "store"), taken.digest)


def test_the_manifest_is_readable_and_knows_no_clock(tmp_path: Path) -> None:
    taken = snapshot_of(ROWS, tmp_path)
    manifest = json.loads((taken.folder / "manifest.json").read_text())
    assert manifest.keys() == {
        "model",
        "source",
        "as_of",
        "window",
        "rows",
        "rows_without_outcome",
        "columns",
        "code_version",
    }


def test_what_is_left_of_a_snapshot_is_another_one_that_names_it(tmp_path: Path) -> None:
    taken, store = snapshot_of(ROWS, tmp_path), Store(tmp_path / "store")
    left = taken.table().take([0, 2])
    made = without(taken, left, store=store)
    assert made != taken
    assert made == without(taken, left, store=store) == open_snapshot(store, made.digest)
    assert made.table() == left
    derived = {"rows": 2, "derived_from": taken.digest, "quarantined": 1}
    assert made.manifest == taken.manifest | derived
