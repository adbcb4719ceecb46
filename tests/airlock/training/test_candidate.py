"""Candidates: found the same again, fed features only, and refused with the key that is wrong."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold, TimeSeriesSplit

from airlock.spec import METRICS, ModelSpec, SpecError, Task
from airlock.training.candidate import fit
from airlock.training.search import folds
from tests.airlock.loans import COLUMNS, LINEAR, TREES, loan_spec, loans


def one(candidate: dict[str, Any], **changes: Any) -> ModelSpec:
    return loan_spec(candidates={"it": candidate}, **changes)


def refused(spec: ModelSpec, models: Path, table: pa.Table | None = None) -> str:
    with pytest.raises(SpecError) as caught:
        fit(spec, "it", table or loans(300), models=models)
    assert caught.value.file == models / "loans" / "model.yaml"
    return str(caught.value)


@pytest.mark.parametrize("candidate", [LINEAR, TREES], ids=["linear", "trees"])
def test_the_same_rows_give_the_same_model_in_any_order(candidate: dict[str, Any], tmp_path: Path) -> None:
    table, order = loans(600), list(range(600))
    random.Random(3).shuffle(order)
    first = fit(one(candidate), "it", table, models=tmp_path)
    second = fit(one(candidate), "it", table.take(order), models=tmp_path)
    later = loans(100, seed=2)
    assert (first.answer(later).scores == second.answer(later).scores).all()
    assert first.cross_validation == second.cross_validation
    assert first.parameters == second.parameters


def test_only_features_reach_the_estimator(tmp_path: Path) -> None:
    fitted = fit(one(LINEAR), "it", loans(300), models=tmp_path)
    assert list(fitted.signature.kinds) == ["income", "debt", "housing", "insured"]
    assert list(fitted.pipeline.feature_names_in_) == ["income", "debt", "housing", "insured"]
    table = loans(50, seed=4)
    changed = table.set_column(table.column_names.index("sex"), "sex", pa.array(["x"] * 50))
    assert (fitted.answer(table).scores == fitted.answer(changed.drop_columns(["loan"])).scores).all()


def test_cross_validation_has_every_metric_and_the_seed_is_set(tmp_path: Path) -> None:
    fitted = fit(one(TREES), "it", loans(400), models=tmp_path)
    assert fitted.cross_validation.keys() == METRICS[Task.BINARY].keys()
    assert 0.6 < fitted.cross_validation["roc_auc"]["mean"] < 1
    assert fitted.parameters["random_state"] == 7
    assert fitted.parameters["learning_rate"] in (0.05, 0.2)
    assert fitted.warnings == ()
    assert fitted.rows == 400
    assert fitted.trained_until == loans(400)["asked_at"][-1].as_py().isoformat()


def test_a_search_tries_as_many_combinations_as_asked_and_all_where_there_are_fewer(tmp_path: Path) -> None:
    some = fit(one(TREES), "it", loans(300), models=tmp_path)
    every = fit(
        one(TREES | {"search": TREES["search"] | {"iterations": 9}}), "it", loans(300), models=tmp_path
    )
    assert (len(some.trials), len(every.trials)) == (2, 4)
    best = max(every.trials, key=lambda trial: trial.metrics["roc_auc"])
    assert best.parameters.items() <= every.parameters.items()
    assert every.cross_validation["roc_auc"]["mean"] == best.metrics["roc_auc"]


def test_given_parameters_are_used_exactly_and_nothing_is_searched(tmp_path: Path) -> None:
    found = fit(one(TREES), "it", loans(300), models=tmp_path)
    other = TREES | {"parameters": {"max_iter": 3}, "search": {"space": {"learning_rate": [0.9]}}}
    again = fit(one(other), "it", loans(300), models=tmp_path, parameters=found.parameters)
    assert again.parameters == found.parameters
    assert (found.refitted, again.refitted) == (False, True)
    assert again.cross_validation == found.cross_validation
    assert [trial.parameters for trial in again.trials] == [{}]
    later = loans(100, seed=2)
    assert (again.answer(later).scores == found.answer(later).scores).all()


def test_a_given_parameter_that_the_estimator_no_longer_has_names_its_key(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"training\.candidates\.it\.parameters\.gone: is no parameter"):
        fit(one(LINEAR), "it", loans(300), models=tmp_path, parameters={"gone": 1})


def test_a_lower_metric_is_chosen_where_lower_is_better(tmp_path: Path) -> None:
    spec = one(LINEAR | {"search": {"space": {"C": [1e-6, 1.0]}}}, training={"select_by": "brier"})
    fitted = fit(spec, "it", loans(400), models=tmp_path)
    assert fitted.parameters["C"] == 1.0


def test_folds_test_on_later_rows_where_the_split_is_by_time() -> None:
    assert isinstance(folds(loan_spec()), TimeSeriesSplit)
    by_chance = loan_spec(training={"split": {"by": "random"}})
    assert isinstance(folds(by_chance), StratifiedKFold)


def test_missing_and_unseen_values_get_an_answer(tmp_path: Path) -> None:
    strange = loans(3, seed=5)
    strange = strange.set_column(4, "housing", pa.array(["castle", None, ""]))
    strange = strange.set_column(2, "income", pa.array([None, float("nan"), 1e12]))
    for candidate in (LINEAR, TREES):
        assert np.isfinite(
            fit(one(candidate), "it", loans(300), models=tmp_path).answer(strange).scores
        ).all()


def test_what_the_libraries_warn_of_is_kept_for_the_approver(tmp_path: Path) -> None:
    fitted = fit(one(LINEAR | {"parameters": {"max_iter": 1}}), "it", loans(300), models=tmp_path)
    assert [warning.split(":")[0] for warning in fitted.warnings] == ["ConvergenceWarning"]


def test_three_classes_and_numbers_to_predict(tmp_path: Path) -> None:
    iris = load_iris()
    table = pa.table(
        {"loan": [str(row) for row in range(150)], "income": iris.data[:, 2], "debt": iris.data[:, 3]}
    )
    columns = {name: COLUMNS[name] for name in ("loan", "income", "debt")}
    changes = {
        "training": {"select_by": "accuracy", "split": {"by": "random"}},
        "gates": {"limits": [], "champion": {"metric": "accuracy"}},
        "data": {
            "event_time": None,
            "positive": None,
            "columns": columns
            | {"kind_of": {"role": "target", "kind": "category", "classification": "business"}},
            "target": "kind_of",
        },
    }
    kinds = table.append_column("kind_of", pa.array(iris.target_names[iris.target]))
    fitted = fit(one(LINEAR, task="multiclass", **changes), "it", kinds, models=tmp_path)
    assert fitted.signature.classes == ("setosa", "versicolor", "virginica")
    assert fitted.cross_validation["roc_auc"]["mean"] > 0.95
    changes["training"]["select_by"] = changes["gates"]["champion"]["metric"] = "r2"
    changes["data"]["columns"] = columns | {
        "kind_of": {"role": "target", "kind": "number", "classification": "business"}
    }
    numbers = table.append_column("kind_of", pa.array(iris.data[:, 0]))
    linear = {"estimator": "sklearn.linear_model.Ridge"}
    fitted = fit(one(linear, task="regression", **changes), "it", numbers, models=tmp_path)
    assert fitted.cross_validation["r2"]["mean"] > 0.6
    assert fitted.answer(numbers).predictions[0] == repr(float(fitted.answer(numbers).scores[0]))


def test_an_estimator_of_the_models_own_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "loans").mkdir()
    (tmp_path / "loans" / "mine.py").write_text(
        "from sklearn.linear_model import LogisticRegression\nclass Mine(LogisticRegression):\n    pass\n"
    )
    fitted = fit(one({"estimator": "airlock_models.loans.mine.Mine"}), "it", loans(300), models=tmp_path)
    assert type(fitted.pipeline[-1]).__module__ == "airlock_models.loans.mine"


def test_an_unknown_estimator_names_its_key(tmp_path: Path) -> None:
    message = refused(one({"estimator": "sklearn.linear_model.LogisticRegresion"}), tmp_path)
    assert "training.candidates.it.estimator: 'sklearn.linear_model' has nothing called" in message


def test_an_unknown_parameter_names_its_key_and_the_nearest(tmp_path: Path) -> None:
    message = refused(one(LINEAR | {"parameters": {"max_iterations": 5}}), tmp_path)
    assert "training.candidates.it.parameters.max_iterations: is no parameter of sklearn" in message
    assert "Did you mean 'max_iter'?" in message


def test_an_unknown_parameter_of_the_search_names_its_key(tmp_path: Path) -> None:
    message = refused(one(LINEAR | {"search": {"space": {"c": [1]}}}), tmp_path)
    assert "training.candidates.it.search.space.c: is no parameter" in message


def test_a_parameter_out_of_range_names_the_candidate(tmp_path: Path) -> None:
    message = refused(one(LINEAR | {"parameters": {"C": -1}}), tmp_path)
    assert "training.candidates.it: The 'C' parameter of LogisticRegression must be" in message


def test_an_estimator_without_probabilities_is_refused(tmp_path: Path) -> None:
    message = refused(one({"estimator": "sklearn.linear_model.RidgeClassifier"}), tmp_path)
    assert "has no predict_proba, which a binary model needs" in message


def test_an_estimator_that_takes_no_missing_values_is_told_the_cure(tmp_path: Path) -> None:
    boosting = {"estimator": "sklearn.ensemble.GradientBoostingClassifier", "preprocessing": "ordinal"}
    assert "write preprocessing: one_hot" in refused(one(boosting), tmp_path)


def test_an_estimator_that_would_fail_on_missing_values_in_production_is_refused(tmp_path: Path) -> None:
    whole = loans(300)
    filled = whole.set_column(2, "income", whole["income"].fill_null(1.0))
    filled = filled.set_column(5, "insured", filled["insured"].fill_null(False))
    boosting = {"estimator": "sklearn.ensemble.GradientBoostingClassifier", "preprocessing": "ordinal"}
    message = refused(one(boosting), tmp_path, filled)
    assert "training.candidates.it.preprocessing" in message
    assert "cannot answer a row with missing values" in message


def test_a_positive_value_that_never_occurs_is_refused(tmp_path: Path) -> None:
    assert "data.positive: 'yes' is no value of defaulted" in refused(
        one(LINEAR, data={"positive": "yes"}), tmp_path
    )


def test_one_class_only_is_refused(tmp_path: Path) -> None:
    table = loans(50)
    bad = table.set_column(table.column_names.index("defaulted"), "defaulted", pa.array([True] * 50))
    assert "task: defaulted has 1 values" in refused(one(LINEAR), tmp_path, bad)


def test_a_binary_task_with_three_values_is_refused(tmp_path: Path) -> None:
    target = {"defaulted": {"role": "target", "kind": "category", "classification": "business"}}
    table = loans(60)
    three = table.set_column(
        table.column_names.index("defaulted"), "defaulted", pa.array(["a", "b", "c"] * 20)
    )
    spec = one(LINEAR, columns=target, data={"positive": "a"})
    assert "task: defaulted has 3 values" in refused(spec, tmp_path, three)
