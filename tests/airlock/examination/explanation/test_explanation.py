"""The whole explanation: in the shape its readers expect, the same each time, for every task."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from airlock.examination.explanation.explanation import explain
from airlock.examination.subject import Subject
from tests.airlock.examination.explanation.subjects import (
    BOOSTED,
    BOOSTED_NUMBERS,
    NEIGHBOURS,
    of_numbers,
    of_three,
    subject,
)

KEYS = {"method", "unit", "rows", "importance", "cases", "counterfactuals", "effects"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Subject, pa.Table]:
    return subject(BOOSTED, tmp_path_factory.mktemp("made"), effects=["insured"])


def test_it_is_json_in_the_shape_its_readers_expect(made) -> None:
    told = explain(*made).to_json()
    assert told == json.loads(json.dumps(told, allow_nan=False))
    assert told.keys() == KEYS
    assert {"feature", "value"} == told["importance"][0].keys()
    assert {"case", "score", "prediction", "base", "contributions"} <= told["cases"][0].keys()
    assert {"feature", "value", "contribution"} == told["cases"][0]["contributions"][0].keys()
    assert {"feature", "effect", "low", "high", "sentence"} <= told["effects"][0].keys()


def test_every_feature_has_an_importance_and_the_largest_is_first(made) -> None:
    ranked = explain(*made).importance
    assert {feature for feature, _ in ranked} == {"income", "debt", "housing", "insured"}
    values = [value for _, value in ranked]
    assert values == sorted(values, reverse=True)
    assert ranked[0][0] == "debt"


def test_counterfactuals_speak_of_the_cases(made) -> None:
    told = explain(*made)
    cases = {case.case: case for case in told.cases}
    for one in told.counterfactuals:
        assert cases[one.case].score == one.score
        values = {feature: value for feature, value, _ in cases[one.case].contributions}
        for change in one.changes:
            assert values[change.feature] == change.before


def test_the_same_candidate_is_explained_the_same(made) -> None:
    assert explain(*made).to_json() == explain(*made).to_json()


def test_every_task_is_explained(tmp_path: Path) -> None:
    three = explain(*of_three(NEIGHBOURS, tmp_path / "three"))
    assert (three.unit, len(three.cases), len(three.counterfactuals)) == ("probability", 5, 5)
    numbers = explain(*of_numbers(BOOSTED_NUMBERS, tmp_path / "numbers"))
    assert (numbers.unit, numbers.counterfactuals, numbers.effects) == ("EUR", (), ())
