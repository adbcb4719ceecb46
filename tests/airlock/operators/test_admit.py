"""A training's first task keeps what a model was admitted on, or fails for good before data are read."""

import shutil
from pathlib import Path

import pytest
from airflow.sdk import RetryAction

from airlock.chain.admission import ADMISSIONS, AdmissionError, admit
from airlock.operators.admit import AdmitOperator
from airlock.operators.defaults import defaults
from airlock.settings import ROOT
from airlock.spec import load_model
from airlock.store import Store
from tests.airlock.operators.running import context


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own: include/ and store/."""
    from airflow.sdk.bases.operator import ExecutorSafeguard

    monkeypatch.setenv("AIRLOCK_INCLUDE", str(tmp_path / "include"))
    monkeypatch.setenv("AIRLOCK_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(ExecutorSafeguard, "test_mode", True)
    return shutil.copytree(ROOT / "include", tmp_path / "include")


@pytest.fixture
def task() -> AdmitOperator:
    return AdmitOperator(task_id="admit", model="credit_risk", spec_digest="d" * 64)


def test_what_it_was_admitted_on_is_kept_under_its_digest(include: Path, task: AdmitOperator) -> None:
    made = task.execute(context("credit_risk.train"))
    assert made == task.execute(context("credit_risk.train"))
    kept = Store(include.parent / "store").json(ADMISSIONS, made["digest"])
    assert kept == admit(load_model(include, "credit_risk"), include=include).to_json()


def test_who_is_not_admitted_is_not_tried_again(include: Path, task: AdmitOperator) -> None:
    (include / "models" / "credit_risk" / "impact.yaml").unlink()
    with pytest.raises(AdmissionError, match="impact.yaml: file: is missing") as caught:
        task.execute(context("credit_risk.train"))
    policy = defaults(task.spec)["retry_policy"]
    assert policy.evaluate(caught.value, 1, 3).action is RetryAction.FAIL
    assert not (include.parent / "store").exists()
