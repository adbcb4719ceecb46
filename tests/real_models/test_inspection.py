"""On real data the known leaks are found, and nothing honest is taken for one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from airlock.data.snapshot import take_snapshot
from airlock.inspection.inspection import Inspection, inspect
from airlock.settings import ROOT
from airlock.spec import ModelSpec, load_model
from airlock.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FEATURE = {"role": "feature", "kind": "number"}


def inspected(include: Path, store: Path, model: str, *declared: str) -> Inspection:
    own = load_model(include, model)
    asked = own.model_dump(mode="json") | {"name": model}
    for name in declared:
        asked["data"]["columns"][name].update(FEATURE)
    spec = ModelSpec.model_validate(asked)
    snapshot = take_snapshot(
        spec,
        as_of=NOW,
        store=Store(store),
        models=include / "models",
        connect=dict[str, None]().__getitem__,
        code_version="test",
    )
    return inspect(spec, snapshot.table())


@pytest.mark.parametrize(
    ("model", "declared", "stopping"),
    [
        ("bank_marketing", (), []),
        ("bank_marketing", ("duration",), ["leakage.duration"]),
        ("bike_demand", (), []),
        ("bike_demand", ("casual", "registered"), ["leakage.casual", "leakage.registered"]),
        ("bike_demand", ("registered",), ["leakage.registered"]),
        ("german_credit", (), []),
    ],
)
def test_the_leaks_are_found_when_somebody_declares_them(
    real_include: Path, tmp_path: Path, model: str, declared: tuple[str, ...], stopping: list[str]
) -> None:
    inspection = inspected(real_include, tmp_path, model, *declared)
    assert [check.key for check in inspection.stopping] == stopping


def test_thirty_measures_that_each_tell_much_are_no_leaks(tmp_path: Path) -> None:
    inspection = inspected(ROOT / "include", tmp_path, "tumour_diagnosis")
    assert [check.key for check in inspection.checks if not check.passed] == []
    best = max(check.value for check in inspection.checks if check.kind == "leakage")
    assert 0.95 < best < 0.98
