"""Perturbations: each changes what it names, as much as it says, and nothing else."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from airlock.examination.subject import Subject
from airlock.examination.weakness.perturbations import missing_values, noise, numbers, unseen_categories
from tests.airlock.examination.weakness.subjects import modelled
from tests.airlock.loans import loan_spec

FEATURES = ("income", "debt", "housing", "insured")


@pytest.fixture(scope="module")
def subject() -> Subject:
    return modelled(loan_spec(), 4000)


def same(before: pa.Table, after: pa.Table, *names: str) -> bool:
    return all(before[name].equals(after[name]) for name in names)


def test_noise_moves_every_number_by_a_tenth_of_its_deviation(subject: Subject) -> None:
    after = noise(subject, np.random.default_rng(1))
    for name in ("income", "debt"):
        before = numbers(subject.rows, name)
        moved = numbers(after, name) - before
        assert np.nanstd(moved) == pytest.approx(0.1 * np.nanstd(before), rel=0.05)
        assert (np.isnan(moved) == np.isnan(before)).all()
    assert same(subject.rows, after, "housing", "insured", "sex", "defaulted", "loan")


def test_one_value_in_ten_of_each_feature_is_lost(subject: Subject) -> None:
    after = missing_values(subject, np.random.default_rng(1))
    for name in FEATURES:
        there = subject.rows[name].is_valid()
        lost = pc.and_(there, after[name].is_null())
        assert pc.mean(lost.filter(there)).as_py() == pytest.approx(0.1, abs=0.02)
        kept = after[name].is_valid()
        assert after[name].filter(kept).equals(subject.rows[name].filter(kept))
    assert same(subject.rows, after, "sex", "defaulted", "loan")


def test_one_category_in_ten_becomes_one_that_nobody_has_seen(subject: Subject) -> None:
    after = unseen_categories(subject, np.random.default_rng(1))
    new = pc.equal(after["housing"], "never seen")
    assert pc.mean(new).as_py() == pytest.approx(0.1, abs=0.02)
    assert after["housing"].null_count == subject.rows["housing"].null_count
    assert same(subject.rows, after, "income", "debt", "insured", "sex")


def test_the_same_seed_changes_the_same_rows(subject: Subject) -> None:
    for perturb in (noise, missing_values, unseen_categories):
        first, second = (perturb(subject, np.random.default_rng(3)) for _ in range(2))
        assert first.equals(second)
