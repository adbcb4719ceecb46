"""A feature that gives the target away is named, however it does so, and an honest one is not."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from airlock.inspection.leakage import leakage
from airlock.inspection.rows import Rows
from tests.airlock.inspection.lending import NUMBER, beside_others, by_key, failed, replaced, rows_with
from tests.airlock.loans import loans

AMOUNT = {"defaulted": {"role": "target", "kind": "number", "classification": "business"}}
REGRESSION = {
    "task": "regression",
    "data": {"positive": None},
    "training": {"select_by": "r2"},
    "gates": {"limits": [], "champion": {"metric": "r2", "tolerance": 0.01}},
}


def with_features(table: pa.Table, **features: Any) -> Rows:
    wide, columns = beside_others(table, **features)
    return rows_with(wide, columns=columns)


def named(rows: Rows) -> list[str]:
    return failed(leakage(rows))


def outcomes(table: pa.Table) -> np.ndarray:
    return table["defaulted"].to_numpy(zero_copy_only=False)


def test_honest_features_are_not_named() -> None:
    assert named(with_features(loans(1500))) == []


@settings(max_examples=6, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(60, 400),
    low=st.floats(-1e6, 1e6),
    step=st.sampled_from([-1e9, -3.0, 1e-3, 1.0, 1e9]),
)
def test_a_copy_of_the_target_is_always_found(seed: int, rows: int, low: float, step: float) -> None:
    table = loans(rows, seed)
    copy = low + step * outcomes(table)
    assert "leakage.copy" in named(rows_with(replaced(table, copy=copy), columns={"copy": NUMBER}))


def test_two_copies_of_the_target_do_not_hide_each_other() -> None:
    table = loans(500)
    sure, turned = outcomes(table).astype(float), 5 - 2.0 * outcomes(table)
    found = named(with_features(table, sure=sure, turned=turned))
    assert found == ["leakage.sure", "leakage.turned"]


def told_afterwards(table: pa.Table) -> np.ndarray:
    """What comes of a default rather than before it: reminders, which nothing else can tell."""
    draw = np.random.default_rng(8)
    return draw.normal(size=len(table)) + 2.2 * outcomes(table)


def test_what_no_other_feature_tells_is_named() -> None:
    table = loans(3000)
    # The honest features tell little here: their part in the outcome is turned into a coin's.
    table = replaced(table, defaulted=np.random.default_rng(4).random(3000) < 0.3)
    rows = with_features(table, reminders=told_afterwards(table))
    check = by_key(leakage(rows))["leakage.reminders"]
    assert not check.passed
    assert "reminders alone tells defaulted as well as all 8 others together" in check.sentence
    assert "it may be known only afterwards" in check.sentence


def test_the_same_leak_in_other_units_does_not_hide_it() -> None:
    table = replaced(loans(3000), defaulted=np.random.default_rng(4).random(3000) < 0.3)
    reminders = told_afterwards(table)
    assert named(with_features(table, reminders=reminders, squared=np.exp(reminders))) == [
        "leakage.reminders",
        "leakage.squared",
    ]


def test_a_strong_cause_that_others_tell_too_is_not_named() -> None:
    draw = np.random.default_rng(6)
    table = loans(3000)
    health = draw.normal(size=3000)
    signs = {f"sign_{number}": health + 0.7 * draw.normal(size=3000) for number in range(3)}
    table = replaced(table, defaulted=draw.random(3000) < 1 / (1 + np.exp(-3 * health)))
    assert named(with_features(table, health=health, **signs)) == []


def test_one_cause_among_few_features_is_not_named() -> None:
    draw = np.random.default_rng(6)
    table = loans(3000)
    debt = table["debt"].to_numpy()
    table = replaced(table, defaulted=draw.random(3000) < 1 / (1 + np.exp(-3 * (np.log(debt) - 8))))
    assert named(rows_with(table)) == []


def test_the_parts_of_a_sum_are_named_and_nothing_else() -> None:
    draw = np.random.default_rng(7)
    members, guests = draw.poisson(80, 2000).astype(float), draw.poisson(15, 2000).astype(float)
    wide, columns = beside_others(loans(2000), members=members, guests=guests)
    rows = rows_with(replaced(wide, defaulted=members + guests), columns=columns | AMOUNT, **REGRESSION)
    checks = by_key(leakage(rows))
    assert failed(list(checks.values())) == ["leakage.members", "leakage.guests"]
    assert checks["leakage.guests"].sentence == "defaulted is an exact sum of members and guests."


def test_one_feature_in_other_numbers_is_called_what_it_is() -> None:
    wide, columns = beside_others(loans(2000), warmth=np.random.default_rng(7).normal(20, 5, 2000))
    target = 1.8 * wide["warmth"].to_numpy() + 32
    rows = rows_with(replaced(wide, defaulted=target), columns=columns | AMOUNT, **REGRESSION)
    checks = by_key(leakage(rows))
    assert failed(list(checks.values())) == ["leakage.warmth"]
    assert checks["leakage.warmth"].sentence == "defaulted is warmth, in other numbers."


def test_a_sum_with_noise_is_no_arithmetic() -> None:
    draw = np.random.default_rng(7)
    parts = {f"part_{number}": draw.normal(size=2000) for number in range(6)}
    wide, columns = beside_others(loans(2000), **parts)
    target = sum(parts.values()) + 0.3 * draw.normal(size=2000)
    rows = rows_with(replaced(wide, defaulted=target), columns=columns | AMOUNT, **REGRESSION)
    assert named(rows) == []


@pytest.mark.parametrize(("known_as", "found"), [("hour", []), ("reading", ["leakage.reading"])])
def test_what_follows_from_the_calendar_is_known_beforehand(known_as: str, found: list[str]) -> None:
    draw = np.random.default_rng(9)
    hours = np.arange(3000.0) % 24
    values = hours if known_as == "hour" else draw.permutation(hours)
    wide, columns = beside_others(loans(3000), **{known_as: values})
    target = 10 * np.sin(values / 24 * 6.28) + draw.normal(size=3000)
    rows = rows_with(replaced(wide, defaulted=target), columns=columns | AMOUNT, **REGRESSION)
    assert named(rows) == found


def test_rows_too_few_to_learn_from_fail() -> None:
    checks = leakage(rows_with(number=20))
    assert failed(checks) == ["leakage.income", "leakage.debt", "leakage.housing", "leakage.insured"]
    assert "cannot be seen" in checks[0].sentence


def test_of_many_classes_a_copy_is_found() -> None:
    table = loans(900)
    label = np.random.default_rng(3).integers(0, 3, 900)
    table = replaced(table, defaulted=np.array(["paid", "late", "lost"])[label], code=label.astype(float))
    rows = rows_with(
        table,
        columns={"code": NUMBER, "defaulted": AMOUNT["defaulted"] | {"kind": "category"}},
        task="multiclass",
        data={"positive": None},
        training={"select_by": "accuracy"},
        gates={"limits": [], "champion": {"metric": "accuracy", "tolerance": 0.01}},
    )
    assert named(rows) == ["leakage.code"]
