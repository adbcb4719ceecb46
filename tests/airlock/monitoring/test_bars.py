"""Bars of a column: few, and every row is in one of them."""

import numpy as np
import pytest

from airlock.monitoring.bars import MISSING, MOST_BARS, NEVER_SEEN, THE_REST, number_bars, value_bars


def test_many_fine_bins_become_a_few_bars_of_about_equal_training_shares() -> None:
    before, now = np.full(100, 50), np.arange(100)
    bars = number_bars(list(range(1, 100)), before, now, missing=(0, 10))
    assert len(bars) == MOST_BARS + 1
    assert sum(bar.before for bar in bars) == pytest.approx(1)
    assert sum(bar.now for bar in bars) == pytest.approx(1)
    assert all(0.03 < bar.before < 0.08 for bar in bars[:-1])
    assert [bar.name for bar in bars[-2:]] == [None, MISSING]
    edges = [bar.name for bar in bars[:-2]]
    assert edges == sorted(edges)


def test_a_bar_beyond_what_training_had_stays_by_itself() -> None:
    bars = number_bars([-0.1, 5.0], np.array([0, 8, 8]), np.array([4, 0, 0]), missing=(0, 0))
    assert [(bar.name, bar.before, bar.now) for bar in bars] == [(-0.1, 0, 1), (5.0, 0.5, 0), (None, 0.5, 0)]


def test_a_column_that_was_always_missing_has_one_bar() -> None:
    (bar,) = number_bars([], np.array([0]), np.array([0]), missing=(40, 3))
    assert (bar.name, bar.before, bar.now) == (MISSING, 1, 1)


def test_rare_values_are_joined_and_strangers_among_unlisted_ones_are_no_news() -> None:
    listed = {f"value {number:02}": 100 - number for number in range(50)}
    bars = value_bars(listed, {"value 49": 30, "stranger": 10}, other=7, missing=(3, 0))
    assert len(bars) == MOST_BARS + 2
    assert bars[0].name == "value 49", "the one that fills the night comes first"
    rest = next(bar for bar in bars if bar.name == THE_REST)
    assert rest.now == pytest.approx(10 / 40)
    assert sum(bar.before for bar in bars) == pytest.approx(1)
    assert NEVER_SEEN not in [bar.name for bar in bars]
