"""Evaluation: chosen by cross-validation, measured on the same rows, and honest about the champion."""

import math
from pathlib import Path

import pytest

from airlock.digests import canonical_json
from airlock.evaluation.choosing import choose
from airlock.evaluation.errors import EvaluationError
from airlock.evaluation.evaluation import Evaluation, evaluate
from airlock.package.fitted import Fitted
from airlock.package.package import Package
from airlock.spec import METRICS, Task
from airlock.training.split import split
from tests.airlock.loans import COLUMNS, LINEAR, TREES, loan_spec, loans
from tests.airlock.packaging import fit_and_build

SPEC = loan_spec(candidates={"linear": LINEAR, "trees": TREES})
TABLE = loans(1200)
HOLDOUT = TABLE.take(split(TABLE, SPEC).holdout)
Made = dict[str, tuple[Fitted, Package]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    return {name: fit_and_build(SPEC, name, TABLE, folder) for name in ("linear", "trees")}


def evaluated(made: Made, champion: Package | None = None) -> Evaluation:
    packages = {name: package for name, (_, package) in made.items()}
    folds = {name: fitted.cross_validation for name, (fitted, _) in made.items()}
    return evaluate(SPEC, HOLDOUT, packages, folds, champion)


def older(folder: Path, **changes) -> Package:
    spec = loan_spec(**changes)
    return fit_and_build(spec, "linear", loans(600), folder)[1]


def test_every_candidate_is_measured_on_all_rows_of_the_holdout(made: Made) -> None:
    found = evaluated(made)
    assert found.rows == 300
    assert sum(found.classes.values()) == 300
    assert [result.name for result in found.results] == ["linear", "trees"]
    for result in found.results:
        assert result.metrics.keys() == METRICS[Task.BINARY].keys()
        assert 0.6 < result.metrics["roc_auc"] < 1
    assert found.champion is None


def test_cross_validation_chooses_and_the_holdout_does_not() -> None:
    folds = {"linear": {"roc_auc": {"mean": 0.7, "std": 0}}, "trees": {"roc_auc": {"mean": 0.8, "std": 0}}}
    assert choose(SPEC, folds) == "trees"


def test_the_lowest_is_chosen_where_lower_is_better() -> None:
    spec = loan_spec(candidates={"linear": LINEAR, "trees": TREES}, training={"select_by": "brier"})
    assert choose(spec, {"linear": {"brier": {"mean": 0.1}}, "trees": {"brier": {"mean": 0.2}}}) == "linear"


def test_of_equals_the_first_in_the_spec_is_chosen() -> None:
    same = {"roc_auc": {"mean": 0.7, "std": 0}}
    assert choose(SPEC, {"trees": same, "linear": same}) == "linear"


def test_a_candidate_without_a_figure_is_never_chosen() -> None:
    folds = {"linear": {"roc_auc": {"mean": math.nan}}, "trees": {"roc_auc": {"mean": 0.51}}}
    assert choose(SPEC, folds) == "trees"


def test_no_figure_at_all_is_an_error() -> None:
    with pytest.raises(EvaluationError, match=r"training\.select_by: no candidate has a figure for roc_auc"):
        choose(SPEC, {"linear": {"roc_auc": {"mean": math.nan}}})


def test_the_champion_is_measured_on_the_same_rows(made: Made, tmp_path: Path) -> None:
    found = evaluated(made, older(tmp_path))
    assert 0.6 < found.champion.metrics["roc_auc"] < 1
    assert (found.champion.problem, found.champion.note) == ("", "")


def test_a_champion_is_as_good_as_itself(made: Made) -> None:
    champion = made["linear"][1]
    assert evaluated(made, champion).champion.metrics == evaluated(made).results[0].metrics


def test_a_champion_that_takes_a_column_the_data_no_longer_hold_has_a_problem(
    made: Made, tmp_path: Path
) -> None:
    champion = older(tmp_path)
    packages = {name: package for name, (_, package) in made.items()}
    folds = {name: fitted.cross_validation for name, (fitted, _) in made.items()}
    found = evaluate(SPEC, HOLDOUT.drop_columns(["sex"]), packages, folds, champion).champion
    assert found.problem == ""
    columns = {name: column for name, column in COLUMNS.items() if name != "insured"}
    spec = loan_spec(data={"columns": columns})
    _, package = fit_and_build(spec, "linear", TABLE.drop_columns(["insured"]), tmp_path)
    found = evaluate(
        spec, HOLDOUT.drop_columns(["insured"]), {"linear": package}, {"linear": folds["linear"]}, champion
    ).champion
    assert found.problem == "it takes insured, which the data no longer hold in that form."
    assert found.metrics == {}


def test_a_champion_that_answers_another_question_has_a_problem(made: Made, tmp_path: Path) -> None:
    champion = older(tmp_path, data={"positive": False})
    assert evaluated(made, champion).champion.problem == "it answers another question than the spec asks now."


def test_a_champion_that_learned_from_these_rows_is_said_to(made: Made, tmp_path: Path) -> None:
    _, champion = fit_and_build(SPEC, "linear", loans(1400), tmp_path)
    assert "may have learned from some of these rows" in evaluated(made, champion).champion.note


def test_a_champion_split_by_another_seed_is_said_to_know_these_rows(tmp_path: Path) -> None:
    by_chance = {"split": {"by": "random", "holdout": 0.25}}
    spec = loan_spec(training=by_chance)
    fitted, package = fit_and_build(spec, "linear", TABLE, tmp_path)
    _, other = fit_and_build(loan_spec(training=by_chance | {"seed": 8}), "linear", TABLE, tmp_path)
    notes = [
        evaluate(
            spec, HOLDOUT, {"linear": package}, {"linear": fitted.cross_validation}, champion
        ).champion.note
        for champion in (package, other)
    ]
    assert notes[0] == ""
    assert "may have learned" in notes[1]


def test_it_survives_json_with_figures_that_are_not_defined(made: Made, tmp_path: Path) -> None:
    found = evaluated(made, older(tmp_path))
    found.champion.metrics["roc_auc"] = math.nan
    again = Evaluation.from_json(found.to_json())
    assert canonical_json(again.to_json()) == canonical_json(found.to_json())
    assert math.isnan(again.champion.metrics["roc_auc"])
    assert again.chosen.metrics == found.chosen.metrics
