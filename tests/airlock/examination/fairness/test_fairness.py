"""Fairness as a whole: what gates read of it, and what is refused where nobody can know."""

import json

import numpy as np

from airlock.examination.fairness.fairness import Fairness, measure
from airlock.spec import Task
from airlock.spec.metrics import DISPARITIES
from tests.airlock.examination.fairness.subjects import binary, spec_of


def made(small: bool = False) -> Fairness:
    draw = np.random.default_rng(1)
    sex = draw.choice(["female", "male"], 2000)
    region = np.array(["north"] * 1990 + ["south"] * 10) if small else draw.choice(["north", "south"], 2000)
    said = draw.random(2000) < np.where(sex == "female", 0.3, 0.1)
    return measure(binary({"sex": sex, "region": region}, draw.random(2000) < 0.3, draw.random(2000), said))


def test_measures_are_the_worst_of_the_single_attributes() -> None:
    found = made()
    assert list(found.measures) == list(DISPARITIES[Task.BINARY])
    for name, value in found.measures.items():
        each = [disparities[name] for disparities in found.by_attribute.values()]
        assert value == (min(each) if name == "demographic_parity_ratio" else max(each))
    assert list(found.by_attribute) == ["sex", "region"]
    assert found.details["demographic_parity_difference"] == (
        "widest for sex: selection rate 0.314 for female, 0.107 for male"
    )


def test_an_attribute_that_cannot_be_judged_leaves_every_measure_without_a_figure() -> None:
    found = made(small=True)
    assert np.isnan(list(found.measures.values())).all()
    assert np.isfinite(list(found.by_attribute["sex"].values())).all()
    assert found.details["demographic_parity_difference"] == (
        "region has no two groups whose selection rate can be judged: 50 rows are needed, and 10 of those "
        "that it is a share of"
    )


def test_where_nothing_is_protected_no_measure_has_a_figure() -> None:
    spec = spec_of({})
    subject = binary({"income": np.ones(100)}, np.arange(100) < 50, np.ones(100), spec=spec)
    found = measure(subject)
    assert np.isnan(list(found.measures.values())).all()
    assert set(found.details.values()) == {"no column has the role protected"}
    assert (found.by_attribute, found.attributes, found.findings) == ({}, (), ())


def test_no_rows_give_no_figures() -> None:
    found = measure(binary({"sex": np.array([], dtype=str)}, np.array([], dtype=bool), np.array([])))
    assert np.isnan(list(found.measures.values())).all()


def test_the_json_holds_what_readers_were_promised() -> None:
    value = made(small=True).to_json()
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert value["measures"]["accuracy_difference"] is None
    assert value["minimum_rows"] == 50
    sex, region, crossed = value["attributes"]
    assert (sex["attribute"], sex["intersection"]) == ("sex", False)
    assert (crossed["attribute"], crossed["intersection"]) == ("sex × region", True)
    female = sex["groups"][0]
    assert (female["group"], female["small"], female["not_judged"]) == ("female", False, [])
    low, high = female["intervals"]["selection_rate"]
    assert low < female["figures"]["selection_rate"] < high
    assert sex["disparities"]["demographic_parity_difference"]["between"] == ["female", "male"]
    assert [(one["group"], one["rows"], one["small"]) for one in region["groups"]] == [
        ("north", 1990, False),
        ("south", 10, True),
    ]
    assert [one["subject"] for one in value["findings"]] == ["sex=female"]


def test_the_same_rows_give_the_same_fairness() -> None:
    assert made().to_json() == made().to_json()
