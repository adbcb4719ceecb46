"""The pictures: drawn of what was measured, the same every time, readable on paper and in the dark."""

from collections.abc import Callable
from typing import Any

import pytest

from airlock.dossier.plots.gallery import gallery
from tests.airlock.dossier.evidence import EVIL, binary, hostile, multiclass, regression, unexamined

FAIRNESS = ["fairness_1", "fairness_2", "fairness_3"]


@pytest.mark.parametrize(
    ("make", "keys"),
    [
        (
            binary,
            ["roc", "precision_recall", "calibration", "cost", *FAIRNESS, "importance", "slices", "drift"],
        ),
        (regression, ["residuals", "calibration", *FAIRNESS, "importance", "slices", "drift"]),
        (multiclass, ["confusion", "calibration", *FAIRNESS, "importance", "slices", "drift"]),
        (unexamined, []),
    ],
)
def test_what_was_measured_is_drawn(make: Callable[[], dict[str, Any]], keys: list[str]) -> None:
    assert list(gallery(make())) == keys


def test_drawing_again_gives_the_same_bytes() -> None:
    first, second = gallery(binary()), gallery(binary())
    assert {key: (plot.svg, plot.png) for key, plot in first.items()} == {
        key: (plot.svg, plot.png) for key, plot in second.items()
    }


def test_words_stay_words_and_colours_follow_the_page() -> None:
    svg = gallery(binary())["cost"].svg
    assert "Yes from this probability on" in svg and "Mean cost of a decision (hundred EUR)" in svg
    assert "yes from 20 % on" in svg
    assert "var(--main, #2563a8)" in svg
    assert svg.startswith("<svg") and "<?xml" not in svg and "<metadata" not in svg


def test_a_name_from_the_data_is_no_markup_in_a_picture() -> None:
    for plot in gallery(hostile()).values():
        assert "<script" not in plot.svg
    assert EVIL[:10] not in gallery(hostile())["importance"].svg


def test_a_group_without_a_figure_is_named_as_such() -> None:
    facts = binary()
    facts["fairness"]["attributes"][0]["groups"][0]["figures"]["selection_rate"] = None
    assert "not defined" in gallery(facts)["fairness_1"].svg


def test_a_group_without_an_interval_still_has_its_dot() -> None:
    facts = binary()
    facts["fairness"]["attributes"][0]["groups"][0]["intervals"] = {"selection_rate": [None, None]}
    assert "31.2 %" in gallery(facts)["fairness_1"].svg


def test_more_features_than_can_be_read_are_counted() -> None:
    facts = binary()
    facts["explanation"]["importance"] = [{"feature": f"f{i}", "value": 1 / (i + 1)} for i in range(40)]
    assert "28 features with less are not drawn." in gallery(facts)["importance"].says
