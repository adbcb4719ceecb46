"""The specs on real data read what was published, and their suites hold."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.compute as pc
import pytest

from airlock.data.snapshot import Snapshot, take_snapshot
from airlock.data.validation import load_suite, validate
from airlock.spec import load_model
from airlock.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = {"bank_marketing": 41_188, "german_credit": 1_000, "bike_demand": 17_379}


@pytest.fixture
def snapshot(request: pytest.FixtureRequest, real_include: Path, tmp_path: Path) -> Snapshot:
    """The snapshot of the model that the test names."""
    return take_snapshot(
        load_model(real_include, request.param),
        as_of=NOW,
        store=Store(tmp_path),
        models=real_include / "models",
        connect=dict[str, None]().__getitem__,
        code_version="test",
    )


@pytest.mark.parametrize("snapshot", ROWS, indirect=True)
def test_the_suite_holds_on_every_row(snapshot: Snapshot, real_include: Path) -> None:
    model = snapshot.manifest["model"]
    assert (snapshot.manifest["rows"], snapshot.manifest["rows_without_outcome"]) == (ROWS[model], 0)
    result = validate(snapshot.table(), load_suite(real_include / "models" / model / "expectations.json"))
    assert [check.sentence for check in result.failed] == []


@pytest.mark.parametrize("snapshot", ["bank_marketing"], indirect=True)
def test_the_banks_calls_get_their_years_back_in_the_order_of_the_file(snapshot: Snapshot) -> None:
    table = snapshot.table()
    moments = table["contacted_at"]
    assert table["contact_id"].to_pylist() == sorted(table["contact_id"].to_pylist())
    assert (moments[0].as_py().year, moments[0].as_py().month) == (2008, 5)
    assert (moments[-1].as_py().year, moments[-1].as_py().month) == (2010, 11)
    assert "duration" not in table.column_names
    tenth = len(table) // 10
    assert pc.mean(table["subscribed"][:tenth]).as_py() == pytest.approx(0.028, abs=0.001)
    assert pc.mean(table["subscribed"][-tenth:]).as_py() == pytest.approx(0.459, abs=0.001)


@pytest.mark.parametrize("snapshot", ["german_credit"], indirect=True)
def test_three_in_ten_german_credits_are_bad(snapshot: Snapshot) -> None:
    assert snapshot.table()["credit_risk"].to_pylist().count("bad") == 300


@pytest.mark.parametrize("snapshot", ["bike_demand"], indirect=True)
def test_the_share_held_out_is_the_second_year(snapshot: Snapshot, real_include: Path) -> None:
    table = snapshot.table()
    second_year = pc.sum(pc.equal(pc.year(table["hour_start"]), 2012)).as_py()
    assert round(load_model(real_include, "bike_demand").training.split.holdout * len(table)) == second_year
    assert {"casual", "registered"}.isdisjoint(table.column_names)
