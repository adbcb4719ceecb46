"""Proxies: the column that gives a group away is named, and neither chance nor a person's own rows are."""

import json

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from airlock.examination.fairness.groups import Grouping
from airlock.examination.fairness.proxies import Proxies, find_proxies
from airlock.examination.fairness.telling import FOLDS, folds_of, told_by_bins, told_by_trees
from airlock.examination.subject import Subject
from airlock.package.answers import Answers
from tests.airlock.examination.fairness.subjects import UNUSED, spec_of
from tests.airlock.loans import loans

ROWS = 3000


def found(rows: int = ROWS, scores: np.ndarray | None = None, **columns: object) -> Proxies:
    """Look for what tells the sex among loans with some columns replaced."""
    table = loans(rows)
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values, table[name].type))
    said = np.random.default_rng(3).random(rows) if scores is None else scores
    answers = Answers(said, ["true"] * rows, np.column_stack([1 - said, said]))
    return find_proxies(
        Subject(spec_of({"sex": "category"}), UNUSED, table, np.array(["true"] * rows), answers)
    )


def sexes(rows: int = ROWS) -> np.ndarray:
    return np.asarray(loans(rows)["sex"].to_pylist())


def test_where_nothing_tells_a_group_all_areas_are_chance() -> None:
    proxies = found()
    assert proxies.findings == ()
    for area in (*proxies.measures.values(), *(one.auc for one in proxies.attributes[0].features)):
        assert area == pytest.approx(0.5, abs=0.05)


def test_a_category_that_gives_a_group_away_is_named() -> None:
    draw = np.random.default_rng(1)
    housing = np.where(draw.random(ROWS) < 0.8, np.where(sexes() == "f", "rent", "own"), "free")
    proxies = found(housing=housing)
    assert [finding.subject for finding in proxies.findings] == ["housing"]
    assert proxies.findings[0].sentence.startswith("housing gives sex away: from it alone f is told from")
    assert proxies.attributes[0].features[0].feature == "housing"
    assert proxies.measures["proxy_auc"] == pytest.approx(proxies.attributes[0].features[0].auc, abs=0.03)
    assert proxies.measures["score_proxy_auc"] == pytest.approx(0.5, abs=0.05)


def test_a_number_whose_middle_gives_a_group_away_is_named() -> None:
    draw = np.random.default_rng(1)
    debt = np.where(
        sexes() == "f", draw.normal(0, 1, ROWS), draw.choice([-3, 3], ROWS) + draw.normal(0, 1, ROWS)
    )
    assert roc_auc_score(sexes() == "f", debt) == pytest.approx(0.5, abs=0.05)
    assert [finding.subject for finding in found(debt=debt).findings] == ["debt"]


def test_that_a_value_is_missing_can_give_a_group_away() -> None:
    income = [None if sex == "f" else 2000.0 for sex in sexes()]
    assert [finding.subject for finding in found(income=income).findings] == ["income"]


def test_features_that_tell_a_group_only_together_are_a_finding_about_the_group() -> None:
    draw = np.random.default_rng(1)
    insured = draw.random(ROWS) < 0.5
    debt = np.where(insured == (sexes() == "f"), 1.0, -1.0) + draw.normal(0, 0.3, ROWS)
    proxies = found(debt=debt, insured=insured)
    assert [finding.subject for finding in proxies.findings] == ["sex"]
    assert "together give sex away, though none does alone" in proxies.findings[0].sentence


def test_a_score_that_gives_a_group_away_is_measured() -> None:
    scores = np.where(sexes() == "f", 0.6, 0.4) + np.random.default_rng(1).normal(0, 0.1, ROWS)
    area = found(scores=scores).measures["score_proxy_auc"]
    assert area == pytest.approx(roc_auc_score(sexes() == "f", scores), abs=0.02)


def test_a_rare_group_among_very_many_rows_is_told() -> None:
    rows = 60_000
    grouping = Grouping("sex", ("f", "m"), (np.arange(rows) >= 120) * 1)
    income = grouping.codes + np.random.default_rng(1).normal(0, 0.1, rows)
    told = told_by_trees(grouping, {"income": income}, folds_of(None, rows, 1), seed=1)
    assert (told.group, round(told.auc, 2)) in (("f", 1.0), ("m", 1.0))


def test_groups_that_are_one_person_each_cannot_be_told() -> None:
    grouping = Grouping("sex", ("f", "m"), np.repeat([0, 1], 200))
    folds = folds_of(pa.chunked_array([grouping.codes]), 400, seed=1)
    told = told_by_trees(grouping, {"income": grouping.codes.astype(float)}, folds, seed=1)
    assert np.isnan(told.auc)
    assert np.isnan(told_by_bins(grouping, grouping.codes, folds).auc)


def test_columns_without_values_or_of_one_value_are_no_hindrance() -> None:
    proxies = found(income=[None] * ROWS, debt=[1.0] * ROWS, housing=["own"] * ROWS)
    assert proxies.findings == ()
    assert proxies.attributes[0].features[-1].auc == pytest.approx(0.5, abs=0.05)


def test_too_few_rows_of_a_group_leave_the_measures_without_a_figure() -> None:
    proxies = found(sex=["f"] * 49 + ["m"] * (ROWS - 49))
    assert np.isnan(list(proxies.measures.values())).all()
    assert set(proxies.details.values()) == {"sex has no two groups of 50 rows to be told apart"}
    assert proxies.attributes[0].sentence == (
        "sex has no two groups of 50 rows, so nobody knows what gives it away."
    )


def test_where_nothing_is_protected_no_measure_has_a_figure() -> None:
    table = loans(200)
    answers = Answers(np.ones(200), ["true"] * 200, None)
    proxies = find_proxies(Subject(spec_of({}), UNUSED, table, np.array(["true"] * 200), answers))
    assert np.isnan(list(proxies.measures.values())).all()
    assert set(proxies.details.values()) == {"no column has the role protected"}


def test_a_protected_column_that_is_a_feature_does_not_tell_itself() -> None:
    table = loans(ROWS)
    sex = {"kind": "category", "feature_because": "the law of the lender demands it"}
    answers = Answers(np.full(ROWS, 0.5), ["true"] * ROWS, None)
    proxies = find_proxies(Subject(spec_of({"sex": sex}), UNUSED, table, np.array(["true"] * ROWS), answers))
    assert "sex" not in [one.feature for one in proxies.attributes[0].features]
    assert proxies.measures["proxy_auc"] == pytest.approx(0.5, abs=0.05)


def test_the_rows_of_a_person_are_in_one_fold() -> None:
    persons = pa.chunked_array([[f"C{number % 40}" for number in range(400)]])
    folds = folds_of(persons, 400, seed=1)
    assert len({(number % 40, fold) for number, fold in enumerate(folds)}) == 40
    assert set(folds) == set(range(FOLDS))
    assert np.bincount(folds_of(None, 300, seed=1)).tolist() == [100, 100, 100]


def test_a_person_who_comes_back_is_not_what_gives_a_group_away() -> None:
    draw = np.random.default_rng(1)
    person = draw.integers(300, size=ROWS)
    sex, income = draw.integers(2, size=300)[person], draw.normal(size=300)[person]
    grouping = Grouping("sex", ("f", "m"), sex)
    persons = pa.chunked_array([person.astype(str)])
    apart = told_by_trees(grouping, {"income": income}, folds_of(persons, ROWS, 1), seed=1)
    mixed = told_by_trees(grouping, {"income": income}, folds_of(None, ROWS, 1), seed=1)
    assert apart.auc < 0.65 < mixed.auc


def test_areas_by_bins_are_those_of_the_rates_of_the_other_folds() -> None:
    draw = np.random.default_rng(1)
    codes, folds = draw.integers(2, size=900), np.arange(900) % FOLDS
    bins = np.where(draw.random(900) < 0.3, codes, draw.integers(5, size=900))
    areas = []
    for fold in range(FOLDS):
        learned = folds != fold
        prior = codes[learned].mean()
        rates = [
            (codes[learned & (bins == place)].sum() + prior) / ((learned & (bins == place)).sum() + 1)
            for place in range(5)
        ]
        areas.append(roc_auc_score(codes[~learned], np.array(rates)[bins[~learned]]))
    told = told_by_bins(Grouping("sex", ("f", "m"), codes), bins, folds)
    assert told.auc == pytest.approx(np.mean(areas))


def test_the_json_holds_what_readers_were_promised() -> None:
    value = found().to_json()
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert value["measures"].keys() == {"proxy_auc", "score_proxy_auc"}
    (sex,) = value["attributes"]
    assert (sex["attribute"], sex["from_features"]) == ("sex", value["measures"]["proxy_auc"])
    assert {one["feature"] for one in sex["features"]} == {"income", "debt", "housing", "insured"}
    assert found().to_json() == value
