"""Fairness on real data: fairlearn's figures, group by group."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from airlock.data.snapshot import take_snapshot
from airlock.examination.subject import Subject
from airlock.package.labels import truth_of
from airlock.package.predictor import Predictor
from airlock.spec import load_model
from airlock.store import Store
from airlock.training.candidate import fit
from airlock.training.split import split
from tests.airlock.examination.fairness.against_fairlearn import same_as_fairlearn

COMPARED = {"german_credit": {"age"}, "bank_marketing": {"age", "marital", "age × marital"}}


def subject(model: str, include: Path, folder: Path) -> Subject:
    """Return the first candidate of a model beside its hold-out."""
    spec, models = load_model(include, model), include / "models"
    table = take_snapshot(
        spec,
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
        store=Store(folder),
        models=models,
        connect=dict[str, None]().__getitem__,
        code_version="test",
    ).table()
    parts = split(table, spec)
    fitted = fit(spec, next(iter(spec.training.candidates)), table.take(parts.train), models=models)
    predictor, rows = Predictor(fitted.signature, fitted.pipeline), table.take(parts.holdout)
    truth = truth_of(rows, spec.data.target, spec.task)
    return Subject(spec, predictor, rows, truth, predictor.predict_table(rows))


@pytest.mark.parametrize("model", COMPARED)
def test_figures_and_disparities_are_fairlearns(model: str, real_include: Path, tmp_path: Path) -> None:
    assert COMPARED[model] <= set(same_as_fairlearn(subject(model, real_include, tmp_path)))
