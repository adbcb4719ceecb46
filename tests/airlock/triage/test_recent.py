"""What one small night cannot tell, the nights before it can; what it tells by itself, it is asked alone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from airlock.triage.decide import find_cause
from airlock.triage.facts import Facts
from airlock.triage.recent import Recent
from tests.airlock.triage.worlds import answered, known, law, night, outcomes, people

FEW, MANY = 120, 2000


@pytest.fixture(scope="module")
def calm() -> Facts:
    return known()


def with_recent(facts: Facts, drawn: dict[str, Any], before: dict[str, Any]) -> Facts:
    """Return a night with those before it."""
    both = {name: np.append(drawn[name], before[name]) for name in drawn}
    return night(facts, drawn, recent=lambda: Recent(7, answered(both)))


def more_bad(seed: int, rows: int, share: float = 0.35) -> dict[str, np.ndarray]:
    """Draw people of whom a given share will not pay; the world's is about a fifth."""
    drawn = people(seed, 12 * rows)
    bad = outcomes(seed, law(drawn))
    few = round(share * rows)
    keep = np.append(np.flatnonzero(bad)[:few], np.flatnonzero(~bad)[: rows - few])
    return {name: values[keep] for name, values in drawn.items()}


def test_a_weak_shift_that_few_rows_do_not_tell_is_told_by_the_nights_before(calm: Facts) -> None:
    few = more_bad(7, FEW)
    assert find_cause(night(calm, few)) is None
    cause = find_cause(with_recent(calm, few, more_bad(8, MANY)))
    assert cause is not None and (cause.kind, cause.proposes) == ("label_shift", "refit")
    assert cause.evidence[-1].sentence == (
        "The night's 120 rows alone do not tell. The 2,120 of 7 nights do."
    )


def test_calm_nights_together_are_calm(calm: Facts) -> None:
    named = [find_cause(with_recent(calm, people(seed, FEW), people(seed + 50, MANY))) for seed in range(5)]
    assert named.count(None) == 5


def test_a_fault_of_the_nights_before_lets_no_model_learn_from_them(calm: Facts) -> None:
    before = people(8, MANY)
    cents = {**before, "income": np.where(np.arange(MANY) < 0.2 * MANY, 100, 1) * before["income"]}
    cause = find_cause(with_recent(calm, people(7, FEW), cents))
    assert cause is not None and (cause.kind, cause.about, cause.proposes) == (
        "data_fault",
        "income",
        "mend",
    )


def test_a_night_that_tells_by_itself_is_asked_alone(calm: Facts) -> None:
    def read() -> Recent:
        raise AssertionError("the nights before were read")

    cause = find_cause(night(calm, people(7, 400, poorer=0.6), recent=read))
    assert cause is not None and cause.kind == "covariate_shift"


def test_what_no_night_tells_still_asks_a_person(calm: Facts) -> None:
    crossed = replace(calm, crossed=("roc_auc is 0.6.",), recent=lambda: Recent(1, calm.now))
    cause = find_cause(crossed)
    assert cause is not None and (cause.kind, cause.proposes) == ("unclear", "ask")
    assert [one.sentence for one in cause.evidence] == ["roc_auc is 0.6."]
