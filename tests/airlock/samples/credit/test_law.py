from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from airlock.samples.credit import World, default_probability, generate

NUMBERS = [
    "amount",
    "term_months",
    "income",
    "employment_years",
    "existing_debt",
    "open_loans",
    "previous_defaults",
    "age",
]
CATEGORIES = ["purpose", "housing", "channel"]


@pytest.fixture(scope="module")
def year(join) -> pd.DataFrame:
    return join(generate(World(), date(2025, 1, 1), date(2026, 1, 1)))


def auc_on_last_quarter(rows: pd.DataFrame, model: Pipeline) -> float:
    past, future = (
        rows[before] for before in (rows["applied_at"] < "2025-10-01", rows["applied_at"] >= "2025-10-01")
    )
    model.fit(past[NUMBERS + CATEGORIES], past["defaulted"])
    return roc_auc_score(future["defaulted"], model.predict_proba(future[NUMBERS + CATEGORIES])[:, 1])


def test_best_reachable_auc_leaves_gates_something_to_ask(year: pd.DataFrame) -> None:
    assert 0.80 < roc_auc_score(year["defaulted"], year["probability"]) < 0.84


def test_boosted_trees_beat_logistic_regression_a_little(year: pd.DataFrame) -> None:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    straight = make_pipeline(
        make_column_transformer((numbers, NUMBERS), (OneHotEncoder(), CATEGORIES)),
        LogisticRegression(max_iter=500),
    )
    trees = make_pipeline(
        make_column_transformer((OneHotEncoder(sparse_output=False), CATEGORIES), remainder="passthrough"),
        HistGradientBoostingClassifier(learning_rate=0.05, max_iter=150, max_leaf_nodes=15, random_state=0),
    )
    by_line, by_trees = (auc_on_last_quarter(year, model) for model in (straight, trees))
    best = roc_auc_score(
        *(year.loc[year["applied_at"] >= "2025-10-01", name] for name in ("defaulted", "probability"))
    )
    assert by_line + 0.005 < by_trees < best
    assert by_line > 0.78


@pytest.mark.parametrize("column", ["sex", "region"])
def test_sex_and_region_have_no_part_in_anything(year: pd.DataFrame, column: str) -> None:
    for figure in ("probability", "defaulted", "income", "amount", "age", "existing_debt"):
        groups = year.groupby(column)[figure]
        error = groups.std() / np.sqrt(groups.size())
        # A customer's applications resemble each other, so the error of a mean is up to twice the naive one.
        assert ((groups.mean() - year[figure].mean()).abs() < 8 * error).all(), figure


def test_each_factor_turns_its_own_term(year: pd.DataFrame) -> None:
    rows = year[year["income"].notna()].head(2000)
    calm = default_probability(rows)
    unprotected = default_probability(rows, income_protection=0.0)
    rich = rows["income"].to_numpy() > 2400
    assert (unprotected[rich] > calm[rich]).all()
    assert (unprotected[~rich] <= calm[~rich]).all()
    settled = rows["employment_years"].to_numpy() > 6
    assert (default_probability(rows, employment_protection=0.0)[settled] > calm[settled]).all()
    indebted = ((rows["existing_debt"] + rows["amount"]) / (12 * rows["income"]) > 0.5).to_numpy()
    assert (default_probability(rows, debt_burden=2.0)[indebted] > calm[indebted]).all()
