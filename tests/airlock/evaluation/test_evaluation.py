"""Evaluation: chosen by cross-validation, measured on the same rows, and honest about the champion."""

import math
from pathlib import Path

import pytest

from airlock.digests import canonical_json
from airlock.evaluation.choosing import choose
from airlock.evaluation.errors import EvaluationError
from airlock.evaluation.evaluation import Evaluation, evaluate
from airlock.evaluation.glass_box import PriceOfGlass
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


def test_every_metric_has_its_interval_for_candidates_and_champion(made: Made, tmp_path: Path) -> None:
    found = evaluated(made, older(tmp_path))
    assert found.champion is not None
    for one in (*found.results, found.champion):
        assert one.intervals.keys() == one.metrics.keys()
        for name in ("roc_auc", "brier", "accuracy"):
            low, high = one.intervals[name]
            assert low <= one.metrics[name] <= high


def test_the_champion_is_compared_on_the_same_resamples(made: Made) -> None:
    found = evaluated(made)
    same = evaluated(made, made[found.best][1]).comparison
    assert same is not None
    assert (same.metric, same.difference, same.low, same.high, same.within) == ("roc_auc", 0, 0, 0, 1)
    other = next(package for name, (_, package) in made.items() if name != found.best)
    compared = evaluated(made, other)
    assert compared.comparison is not None
    assert compared.champion is not None
    expected = compared.metrics["roc_auc"] - compared.champion.metrics["roc_auc"]
    assert compared.comparison.difference == pytest.approx(expected)
    assert compared.comparison.low < expected < compared.comparison.high


def test_evaluating_again_gives_the_same_to_the_last_digit(made: Made, tmp_path: Path) -> None:
    champion = older(tmp_path)
    once, again = (canonical_json(evaluated(made, champion).to_json()) for _ in range(2))
    assert once == again
    assert len(once) < 200_000


def test_costs_give_a_threshold_a_mean_cost_and_a_curve(tmp_path: Path) -> None:
    costs = {"false_positive": 1, "false_negative": 4}
    spec = loan_spec(decision={"yes_means": "The loan is refused.", "costs": costs})
    fitted, package = fit_and_build(spec, "linear", TABLE, tmp_path)
    found = evaluate(spec, HOLDOUT, {"linear": package}, {"linear": fitted.cross_validation}, None)
    assert found.threshold == 0.2
    low, high = found.chosen.intervals["mean_cost"]
    assert low < found.metrics["mean_cost"] < high
    at = dict(found.curves["cost"])
    assert at[0.2] == pytest.approx(found.metrics["mean_cost"])


def test_the_price_of_glass_stands_where_the_chosen_candidate_is_none(made: Made) -> None:
    packages = {name: package for name, (_, package) in made.items()}
    folds = {name: {"roc_auc": {"mean": mean}} for name, mean in (("linear", 0.7), ("trees", 0.8))}
    found = evaluate(SPEC, HOLDOUT, packages, folds, None)
    linear, trees = found.results
    assert (linear.glass_box, trees.glass_box) == (True, False)
    price = PriceOfGlass("linear", "roc_auc", trees.metrics["roc_auc"], linear.metrics["roc_auc"])
    assert found.price_of_glass == price
    assert Evaluation.from_json(found.to_json()).price_of_glass == price
    folds["linear"]["roc_auc"]["mean"] = 0.9
    assert evaluate(SPEC, HOLDOUT, packages, folds, None).price_of_glass is None


def test_a_glass_box_without_a_figure_has_no_price(made: Made) -> None:
    packages = {name: package for name, (_, package) in made.items()}
    folds = {name: {"roc_auc": {"mean": mean}} for name, mean in (("linear", math.nan), ("trees", 0.8))}
    assert evaluate(SPEC, HOLDOUT, packages, folds, None).price_of_glass is None


def test_it_survives_json_with_figures_that_are_not_defined(made: Made, tmp_path: Path) -> None:
    found = evaluated(made, older(tmp_path))
    found.champion.metrics["roc_auc"] = math.nan
    found.chosen.intervals["brier"] = (math.nan, math.nan)
    again = Evaluation.from_json(found.to_json())
    assert canonical_json(again.to_json()) == canonical_json(found.to_json())
    assert math.isnan(again.champion.metrics["roc_auc"])
    assert again.chosen.metrics == found.chosen.metrics
    assert again.comparison == found.comparison
    assert again.curves == found.curves
    assert again.chosen.intervals["roc_auc"] == found.chosen.intervals["roc_auc"]
