"""Validating a snapshot: the rows at fault aside, the others judged, everything kept and to be read."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sqlalchemy.engine import Engine

from airlock.chain import validation
from airlock.chain.validation import QUARANTINES, VALIDATIONS, Validated, validate_snapshot
from airlock.data.snapshot import open_snapshot
from airlock.governance import quarantine
from airlock.spec import ModelSpec, SpecError
from airlock.spec.data import Quarantine
from tests.airlock.governance.records import MOMENT
from tests.airlock.lender import SUITE, Lender

UNIQUE, IN_EUR, HOUSING = SUITE["expectations"]
POOR = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "debt", "min_value": 400}}
NEVER_MISSING = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "income"}}


def models_with(folder: Path, lender: Lender, *expectations: dict[str, Any]) -> Path:
    """Copy the model's folder and give it another suite."""
    models = shutil.copytree(lender.models, folder / "models")
    (models / "loans" / "expectations.json").write_text(json.dumps({"expectations": expectations}))
    return models


def letting_through(share: float, spec: ModelSpec) -> ModelSpec:
    data = spec.data.model_copy(update={"quarantine": Quarantine(share=share)})
    return spec.model_copy(update={"data": data})


def validated(
    lender: Lender, engine: Engine, models: Path, *, share: float = 0.5, run: str = "manual__1"
) -> Validated:
    return validate_snapshot(
        letting_through(share, lender.spec),
        lender.snapshot(),
        store=lender.store,
        models=models,
        engine=engine,
        dag_run_id=run,
        at=MOMENT,
    )


def held(engine: Engine) -> tuple[quarantine.QuarantinedRow, ...]:
    with engine.connect() as conn:
        return quarantine.held(conn, "loans")


def settle(engine: Engine, *ids: int, state: quarantine.Decision) -> None:
    with engine.begin() as conn:
        quarantine.settle(conn, "loans", ids, state=state, by="dana", because="a test", at=MOMENT)


def rows_of(lender: Lender, digest: str) -> pa.Table:
    return open_snapshot(lender.store, digest).table()


def test_where_no_row_is_at_fault_the_snapshot_goes_on_as_it_is(lender: Lender, engine: Engine) -> None:
    snapshot = lender.snapshot()
    found = validated(lender, engine, lender.models, share=0)
    assert found.result.success
    assert (found.snapshot, found.problems, found.set_aside, held(engine)) == (snapshot, (), (), ())
    kept = lender.store.json(VALIDATIONS, found.digest)
    assert kept == json.loads(json.dumps(found.result.to_json()))
    assert found.page == f"loans/validations/{snapshot}.html"
    page = (lender.store.root / "pages" / found.page).read_text(encoding="utf-8")
    assert f"Loans: snapshot {snapshot[:12]}" in page
    assert "Rows set aside" not in page


def test_rows_at_fault_are_held_and_the_others_go_on(lender: Lender, engine: Engine, tmp_path: Path) -> None:
    models = models_with(tmp_path, lender, POOR, NEVER_MISSING)
    found = validated(lender, engine, models)
    before, after = rows_of(lender, lender.snapshot()), rows_of(lender, found.snapshot)
    assert found.snapshot != lender.snapshot()
    good = pc.and_(pc.greater_equal(before["debt"], 400), pc.is_valid(before["income"]))
    assert after == before.filter(good).combine_chunks()
    manifest = open_snapshot(lender.store, found.snapshot).manifest
    out = before.num_rows - after.num_rows
    assert out > 10
    assert (manifest["derived_from"], manifest["quarantined"]) == (lender.snapshot(), out)
    assert manifest["rows"] == after.num_rows == found.result.rows
    assert found.result.success and found.problems == ()
    rows = held(engine)
    assert len(rows) == out
    assert {row.entity_key for row in rows} == set(before["loan"].to_pylist()) - set(
        after["loan"].to_pylist()
    )
    assert {row.snapshot_digest for row in rows} == {lender.snapshot()}
    both = {len(row.reasons) for row in rows if row.row["debt"] < 400 and row.row["income"] is None}
    assert both <= {2}


def test_the_figures_are_kept_and_the_page_shows_them(lender: Lender, engine: Engine, tmp_path: Path) -> None:
    found = validated(lender, engine, models_with(tmp_path, lender, POOR))
    figures = lender.store.json(QUARANTINES, found.quarantine_digest)
    assert figures["held"] == len(held(engine))
    assert figures["share"] == figures["held"] / 1680
    assert figures["allowed"] == 0.5
    assert figures["reasons"] == [{"sentence": "debt values must be at least 400.", "rows": figures["held"]}]
    page = (lender.store.root / "pages" / found.page).read_text(encoding="utf-8")
    assert found.page == f"loans/validations/{found.snapshot}.html"
    for sentence in found.set_aside:
        assert sentence in page


def test_doing_it_again_gives_the_same(lender: Lender, engine: Engine, tmp_path: Path) -> None:
    models = models_with(tmp_path, lender, POOR)
    first, rows = validated(lender, engine, models), held(engine)
    assert validated(lender, engine, models) == first
    assert held(engine) == rows


def test_more_than_the_share_stops_the_run_but_the_rows_can_be_settled(
    lender: Lender, engine: Engine, tmp_path: Path
) -> None:
    models = models_with(tmp_path, lender, POOR)
    found = validated(lender, engine, models, share=0.001)
    assert found.problems[0] == found.quarantine.sentence
    assert "debt values must be at least 400. Observed:" in found.problems[1]
    assert found.snapshot == lender.snapshot()
    assert found.result.rows == 1680
    assert len(held(engine)) == len(found.quarantine.held)
    settle(engine, state="dropped")
    again = validated(lender, engine, models, share=0.0)
    assert again.problems == ()
    assert len(again.quarantine.dropped) == len(found.quarantine.held)
    assert rows_of(lender, again.snapshot).num_rows == 1680 - len(found.quarantine.held)


def test_released_rows_go_on_and_their_expectations_are_met_with_that_said(
    lender: Lender, engine: Engine, tmp_path: Path
) -> None:
    models = models_with(tmp_path, lender, POOR, NEVER_MISSING)
    validated(lender, engine, models)
    poor = [row for row in held(engine) if row.row["income"] is not None]
    settle(engine, *(row.id for row in poor), state="released")
    found = validated(lender, engine, models)
    assert found.problems == ()
    assert len(found.quarantine.released) == len(poor)
    assert {row.row["loan"] for row in poor} <= set(rows_of(lender, found.snapshot)["loan"].to_pylist())
    check = found.result.checks[0]
    assert check.success and check.observed.endswith("all of them released by a person")
    assert check.unexpected_count == len(poor)


def test_when_all_are_released_the_snapshot_goes_on_as_it_is(
    lender: Lender, engine: Engine, tmp_path: Path
) -> None:
    models = models_with(tmp_path, lender, POOR)
    validated(lender, engine, models)
    settle(engine, state="released")
    found = validated(lender, engine, models, share=0)
    assert (found.snapshot, found.problems) == (lender.snapshot(), ())


def test_the_whole_is_judged_by_the_rows_that_remain(lender: Lender, engine: Engine, tmp_path: Path) -> None:
    smallest = {"type": "expect_column_min_to_be_between", "kwargs": {"column": "debt", "min_value": 400}}
    assert validated(lender, engine, models_with(tmp_path / "a", lender, smallest)).problems
    assert not validated(lender, engine, models_with(tmp_path / "b", lender, smallest, POOR)).problems
    largest = {"type": "expect_column_max_to_be_between", "kwargs": {"column": "debt", "max_value": 400}}
    found = validated(lender, engine, models_with(tmp_path / "c", lender, largest, POOR))
    assert [check.column for check in found.result.failed_critical] == ["debt"]
    assert found.snapshot == lender.snapshot()


def test_of_a_stopped_run_no_more_rows_are_held_than_people_can_look_at(
    lender: Lender, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "HELD_AT_MOST", 3)
    found = validated(lender, engine, models_with(tmp_path, lender, POOR), share=0)
    assert len(held(engine)) == 3 < len(found.quarantine.held)
    assert found.set_aside[-1] == "The first 3 are listed."


def test_a_failed_critical_expectation_is_told_from_a_warning(
    lender: Lender, engine: Engine, tmp_path: Path
) -> None:
    entries = (
        {**IN_EUR, "kwargs": {"column": "income", "max_value": 3000, "mostly": 0.99}},
        {**HOUSING, "kwargs": {"column": "housing", "value_set": ["own"]}},
    )
    result = validated(lender, engine, models_with(tmp_path, lender, *entries)).result
    assert not result.success
    assert [check.column for check in result.failed_critical] == ["income"]
    assert [check.column for check in result.failed] == ["income", "housing"]
    assert held(engine) == ()


def test_a_model_without_a_suite_is_not_valid_by_default(
    lender: Lender, engine: Engine, tmp_path: Path
) -> None:
    models = models_with(tmp_path, lender, UNIQUE)
    (models / "loans" / "expectations.json").unlink()
    with pytest.raises(SpecError, match="expectations.json: file: is missing"):
        validated(lender, engine, models)
