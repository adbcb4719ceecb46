"""Validating a snapshot: the same result under the same digest, and a page to read it on."""

import json
import shutil
from pathlib import Path

import pytest

from airlock.chain.validation import VALIDATIONS, validate_snapshot
from airlock.spec import SpecError
from tests.airlock.lender import SUITE, Lender, Trained


def models_with(folder: Path, lender: Lender, suite: object) -> Path:
    """Copy the model's folder and give it another suite."""
    models = shutil.copytree(lender.models, folder / "models")
    (models / "loans" / "expectations.json").write_text(json.dumps(suite))
    return models


def test_the_result_is_kept_and_can_be_read(lender: Lender, trained: Trained) -> None:
    snapshot = trained.lineage.snapshot
    validated = validate_snapshot(lender.spec, snapshot, store=lender.store, models=lender.models)
    assert validated.digest == trained.validation
    assert validated.result.success
    assert lender.store.json(VALIDATIONS, validated.digest) == json.loads(
        json.dumps(validated.result.to_json())
    )
    assert validated.page == f"loans/validations/{snapshot}.html"
    page = (lender.store.root / "pages" / validated.page).read_text(encoding="utf-8")
    assert f"Loans: snapshot {snapshot[:12]}" in page


def test_a_failed_critical_expectation_is_told_from_a_warning(
    lender: Lender, trained: Trained, tmp_path: Path
) -> None:
    entries = [
        {**SUITE["expectations"][1], "kwargs": {"column": "income", "max_value": 3000}},
        {**SUITE["expectations"][2], "kwargs": {"column": "housing", "value_set": ["own"]}},
    ]
    models = models_with(tmp_path, lender, {"name": "loans", "expectations": entries})
    result = validate_snapshot(
        lender.spec, trained.lineage.snapshot, store=lender.store, models=models
    ).result
    assert not result.success
    assert [check.column for check in result.failed_critical] == ["income"]
    assert [check.column for check in result.failed] == ["income", "housing"]


def test_a_model_without_a_suite_is_not_valid_by_default(
    lender: Lender, trained: Trained, tmp_path: Path
) -> None:
    models = models_with(tmp_path, lender, SUITE)
    (models / "loans" / "expectations.json").unlink()
    with pytest.raises(SpecError, match="expectations.json: file: is missing"):
        validate_snapshot(lender.spec, trained.lineage.snapshot, store=lender.store, models=models)
