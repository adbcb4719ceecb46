"""What fails for good is not tried again, and a folder that is not complete has no Dags."""

import json
import shutil
from pathlib import Path

import pytest
from airflow.sdk import RetryAction

from airlock.data.errors import DataError, NoRows, SourceAway
from airlock.operators.defaults import defaults
from airlock.operators.specs import spec_errors, usable_specs
from airlock.settings import ROOT
from airlock.spec import load_model
from airlock.store import StoreError

SPEC = load_model(ROOT / "include", "credit_risk")


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The credit model's suite in an include folder of its own."""
    shutil.copytree(ROOT / "include", tmp_path / "include")
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(tmp_path / "include"))
    return tmp_path / "include/models/credit_risk/expectations.json"


@pytest.mark.parametrize(
    "error", [DataError("m", "k", "w", "c"), NoRows("m", "k", "w", "c"), StoreError("gone")]
)
def test_what_trying_again_does_not_mend_is_not_tried_again(error: Exception) -> None:
    assert defaults(SPEC)["retry_policy"].evaluate(error, 1, 3).action is RetryAction.FAIL


@pytest.mark.parametrize("error", [ConnectionError(), SourceAway("m", "k", "w", "c")])
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    assert defaults(SPEC)["retry_policy"].evaluate(error, 1, 3).action is RetryAction.DEFAULT


def test_a_model_without_a_suite_has_no_dags_and_says_so(suite: Path) -> None:
    suite.unlink()
    assert [spec.name for spec in usable_specs()] == ["tumour_diagnosis"]
    (error,) = spec_errors()
    assert str(error) == f"{suite}: file: is missing. Write it; docs/data.md shows how."


def test_a_suite_about_a_column_that_is_not_there_is_named(suite: Path) -> None:
    content = json.loads(suite.read_text())
    content["expectations"][0]["kwargs"] = {"column": "wage"}
    suite.write_text(json.dumps(content))
    (error,) = spec_errors()
    assert "expectations[0].kwargs: speaks of the column 'wage'" in str(error)
    assert "Known columns: application_id" in str(error)
