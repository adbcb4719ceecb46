"""Slices: what was planted is named, and nothing where nothing is wrong."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from airlock.examination.weakness.slices import Slices, find_slices
from airlock.package.answers import Answers
from bench.studies.slices import RING, ring, subject
from tests.airlock.examination.weakness.subjects import REGRESSION, believing, modelled, of_three_classes
from tests.airlock.loans import loan_spec, loans

ROWS = 6000


def is_(rows: pa.Table, column: str, value: object) -> np.ndarray:
    return pc.fill_null(pc.equal(rows[column], value), False).to_numpy(zero_copy_only=False)


def planted(seed: int, holds: np.ndarray, rows: pa.Table, truly: float = 0.6) -> Slices:
    """Believe in risks between 0.05 and 0.35 that come true, but where something was planted."""
    draw = np.random.default_rng(seed)
    belief = draw.uniform(0.05, 0.35, len(rows))
    happened = draw.random(len(rows)) < np.where(holds, truly, belief)
    return find_slices(believing(rows, belief, happened))


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_named_where_answers_come_true_however_risky_some_rows_are(seed: int) -> None:
    rows = loans(ROWS, seed)
    draw = np.random.default_rng(seed)
    belief = np.where(is_(rows, "housing", "rent"), 0.5, 0.1) * draw.uniform(0.6, 1.2, ROWS)
    found = find_slices(believing(rows, belief, draw.random(ROWS) < belief))
    assert (found.named, found.measures) == ((), {"worst_slice_excess": 0.0})
    assert "housing=rent" in found.worst[0].slice
    assert found.worst[0].loss > found.worst[0].elsewhere


@pytest.mark.parametrize("seed", range(3))
def test_one_condition_is_named_alone_and_two_together(seed: int) -> None:
    rows = loans(ROWS, seed)
    rent, insured = is_(rows, "housing", "rent"), is_(rows, "insured", True)
    assert [one.slice for one in planted(seed, rent, rows).named] == ["housing=rent"]
    both = planted(seed, rent & insured, rows)
    assert [one.slice for one in both.named] == ["housing=rent and insured=true"]
    assert both.named[0].rows == (rent & insured).sum()
    assert both.measures["worst_slice_excess"] == both.named[0].excess > 0.3


def test_a_run_of_numbers_and_missing_values_can_be_named() -> None:
    rows = loans(ROWS, 3)
    low = pc.fill_null(pc.less(rows["income"], 2000), False).to_numpy(zero_copy_only=False)
    (named,) = planted(3, low, rows).named
    assert named.slice.startswith("income below 2,")
    missing = rows["income"].is_null().to_numpy()
    assert [one.slice for one in planted(3, missing, rows).named] == ["income missing"]


def test_two_slices_are_named_one_after_the_other_each_without_the_rows_before() -> None:
    rows = loans(ROWS, 4)
    rent, insured = is_(rows, "housing", "rent"), is_(rows, "insured", True)
    found = planted(4, rent | insured, rows)
    assert {one.slice for one in found.named} == {"housing=rent", "insured=true"}
    assert sum(one.rows for one in found.named) == (rent | insured).sum()
    assert found.findings[1].sentence.startswith("Apart from the slices named before, the log loss is ")


def test_a_model_that_is_wrong_everywhere_is_named_for_all_rows() -> None:
    rows = loans(ROWS, 5)
    found = planted(5, np.ones(ROWS, dtype=bool), rows, truly=0.5)
    assert [one.slice for one in found.named] == ["all rows"]
    assert found.measures["worst_slice_excess"] > 0.2
    assert "over all rows (6,000)" in found.findings[0].sentence
    assert found.to_json()["named"][0]["elsewhere"] is None


def test_the_sentence_of_a_slice_says_how_large_it_is_and_how_wrong() -> None:
    rows = loans(ROWS, 6)
    found = planted(6, is_(rows, "housing", "rent"), rows)
    (finding,) = found.findings
    assert (finding.about, finding.subject) == ("slice", "housing=rent")
    named = found.named[0]
    assert f"for housing=rent ({named.rows:,} rows, 3" in finding.sentence
    assert f"{named.excess:.3f} more than the model's own probabilities say it should be" in finding.sentence


def test_the_worst_slices_do_not_repeat_one_another() -> None:
    rows = loans(ROWS, 7)
    found = planted(7, is_(rows, "housing", "rent"), rows)
    assert sum("housing=rent" in one.slice for one in found.worst) == 1
    losses = [one.loss for one in found.worst]
    assert losses == sorted(losses, reverse=True)
    assert all(one.loss > found.overall for one in found.worst)
    assert json.loads(json.dumps(found.to_json()))["worst"][0]["slice"] == found.worst[0].slice


def test_a_regression_that_is_off_for_some_rows_is_named_for_them() -> None:
    fine = modelled(loan_spec(**REGRESSION), 3000)
    rent = is_(fine.rows, "housing", "rent")
    errors = np.random.default_rng(1).normal(0, 300, 3000) * np.where(rent, 2, 1)
    numbers = np.linspace(1000, 5000, 3000)
    answers = Answers(numbers, [repr(float(number)) for number in numbers])
    calm = replace(fine, truth=numbers + errors / np.where(rent, 2, 1), answers=answers)
    off = replace(fine, truth=numbers + errors, answers=answers)
    assert find_slices(calm).named == ()
    found = find_slices(off)
    assert [one.slice for one in found.named] == ["housing=rent"]
    assert "% more than answers of that size usually have" in found.findings[0].sentence


def test_of_several_classes_the_log_loss_is_held_against_what_the_probabilities_expect() -> None:
    subject = of_three_classes()
    calm = find_slices(subject)
    assert (calm.loss, calm.overall) == ("log loss", pytest.approx(subject.losses.mean()))
    rent = is_(subject.rows, "housing", "rent")
    draw = np.random.default_rng(1).choice(["low", "middle", "high"], len(subject))
    off = find_slices(replace(subject, truth=np.where(rent, draw, subject.truth)))
    assert [one.slice for one in off.named] == ["housing=rent"]
    assert "housing=rent" not in {one.slice for one in calm.named}


def test_an_answer_that_is_no_number_leaves_no_figure() -> None:
    rows = loans(500)
    belief = np.full(500, 0.2)
    belief[3] = np.nan
    found = find_slices(believing(rows, belief, np.zeros(500, dtype=bool)))
    assert found.to_json()["measures"] == {"worst_slice_excess": None}
    assert found.problem == "Not every answer is a number."


@pytest.mark.parametrize("rows", [0, 1, 60])
def test_too_few_rows_for_any_slice_leave_no_figure(rows: int) -> None:
    found = find_slices(believing(loans(rows), np.full(rows, 0.2), np.zeros(rows, dtype=bool)))
    assert np.isnan(found.measures["worst_slice_excess"])
    assert found.problem


@pytest.mark.parametrize("seed", [1, 2])
def test_the_fraud_ring_of_the_credit_world_is_named_exactly(seed: int) -> None:
    found = find_slices(subject(seed, "boosted_trees", ring()))
    assert [one.slice for one in found.named] == [RING]
    assert found.measures["worst_slice_excess"] > 0.4


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_named_in_the_calm_credit_world(seed: int) -> None:
    assert find_slices(subject(seed, "boosted_trees")).findings == ()
