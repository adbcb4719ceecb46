"""The map of drift: which columns, in which shade, and what is said of them."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from airlock.spec import ModelSpec, load_model
from airlock.ui.drift_map import MOST_DRAWN, WIDTH, drift_map

INCLUDE = Path(__file__).resolve().parents[3] / "include"


@pytest.fixture(scope="module")
def spec() -> ModelSpec:
    return load_model(INCLUDE, "credit_risk")  # the limit of the index is 0.25


def night(ago: int, *found: str, **columns: float | None) -> Any:
    """Return a night that was so many days ago, with the index of each column."""
    return {
        "night": date(2026, 11, 1) - timedelta(days=ago),
        "findings": [{"kind": "column_drift", "column": column} for column in found],
        "measures": {
            "drift": [
                {"part": "feature", "column": name, "psi": psi, "fault": "is gone" if psi is None else None}
                for name, psi in columns.items()
            ]
        },
    }


def test_the_nearer_to_its_limit_the_stronger_the_shade(spec: ModelSpec) -> None:
    indices = (0.01, 0.07, 0.2, 0.3)  # the last one is over the limit, but chance alone explains it
    drawn = drift_map([night(ago, income=psi) for ago, psi in enumerate(indices[::-1])], spec)
    assert drawn is not None
    (strip,) = drawn.strips
    assert [square.shade for square in strip.squares] == ["shade0", "shade1", "shade2", "shade3"]
    assert (strip.found, strip.highest, strip.newest) == (0, "PSI 0.3", "PSI 0.3")


def test_what_was_found_and_what_could_not_be_measured_are_shown_as_such(spec: ModelSpec) -> None:
    drawn = drift_map([night(0, "income", income=None), night(1, "income", income=0.4)], spec)
    assert drawn is not None
    (strip,) = drawn.strips
    assert [square.shade for square in strip.squares] == ["found", "found"] and strip.found == 2
    assert strip.newest == "is gone, so not measured"
    unknown = drift_map([night(0, income=None)], spec)
    assert unknown is not None and unknown.strips[0].squares[0].shade == "unknown"


def test_columns_that_drifted_farthest_come_first_and_the_picture_has_no_more_than_fit(
    spec: ModelSpec,
) -> None:
    columns = {f"column_{number}": number / 100 for number in range(20)}
    drawn = drift_map([night(0, **columns)], spec)
    assert drawn is not None and len(drawn.strips) == 20 and len(drawn.drawn) == MOST_DRAWN
    assert [strip.name for strip in drawn.drawn[:2]] == ["column_19", "column_18"]


def test_a_night_that_was_not_watched_leaves_its_place_empty(spec: ModelSpec) -> None:
    drawn = drift_map([night(0, income=0.1), night(2, income=0.1)], spec)
    assert drawn is not None
    first, last = drawn.strips[0].squares
    assert last.x - first.x == pytest.approx(2 * drawn.side, abs=0.2)
    assert last.x + drawn.side == pytest.approx(WIDTH, abs=0.2)


def test_nothing_measured_is_no_map(spec: ModelSpec) -> None:
    assert drift_map([night(0)], spec) is None and drift_map([], spec) is None
    assert drift_map([night(0, income=0.1)], None) is None
