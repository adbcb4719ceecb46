"""A class too rare to be learned stops a training."""

import numpy as np
import pytest

from airlock.inspection.imbalance import classes, imbalance
from airlock.inspection.rows import Rows
from tests.airlock.inspection.lending import replaced, rows_with
from tests.airlock.loans import loans


def with_defaults(count: int, **inspection: float) -> Rows:
    table = replaced(loans(1000), defaulted=[True] * count + [False] * (1000 - count))
    return rows_with(table, data={"inspection": inspection})


@pytest.mark.parametrize(("count", "passed"), [(9, False), (10, True), (500, True), (995, False)])
def test_the_rarest_class_is_held_against_the_limit(count: int, passed: bool) -> None:
    (check,) = imbalance(with_defaults(count))
    assert (check.key, check.passed) == ("imbalance", passed)
    assert check.value == min(count, 1000 - count) / 1000


def test_one_class_alone_fails_even_without_a_limit() -> None:
    (check,) = imbalance(with_defaults(0, rarest_class=0.0))
    assert not check.passed
    assert check.sentence == "Every row is of the class false, so there is nothing to tell apart."


def test_a_regression_has_no_classes() -> None:
    amount = {"defaulted": {"role": "target", "kind": "number", "classification": "business"}}
    table = replaced(loans(100), defaulted=np.arange(100.0))
    champion = {"metric": "r2", "tolerance": 0.01}
    rows = rows_with(
        table,
        columns=amount,
        task="regression",
        data={"positive": None},
        training={"select_by": "r2"},
        gates={"limits": [], "champion": champion},
    )
    assert imbalance(rows) == []
    assert classes(rows) == {}
