"""Glass boxes: every path in the list leads to an estimator."""

import pytest

from airlock.evaluation.glass_box import GLASS_BOXES, is_glass_box
from airlock.settings import ROOT
from airlock.usercode import resolve


@pytest.mark.parametrize("path", sorted(GLASS_BOXES))
def test_a_glass_box_is_an_estimator_that_exists(path: str) -> None:
    assert hasattr(resolve(path, ROOT), "fit")
    assert is_glass_box(path)


def test_a_forest_is_none() -> None:
    assert not is_glass_box("sklearn.ensemble.RandomForestClassifier")
