"""Contrasts: the sums of all slices at once are those of each slice alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from airlock.examination.weakness import contrasts as module
from airlock.examination.weakness.conditions import Condition, Cut
from airlock.examination.weakness.contrasts import contrasts

CONDITIONS = tuple(Condition(column, f"{column}={value}") for column in "abc" for value in (0, 1, 2))


def drawn(seed: int, rows: int = 300) -> tuple[Cut, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, 3, size=(rows, 3))
    members = np.column_stack([codes[:, column] == value for column in range(3) for value in range(3)])
    return Cut(CONDITIONS, members), draw.exponential(size=rows), draw.normal(0.1, 1, size=rows)


@given(st.integers(0, 1000))
def test_sums_and_tests_are_those_of_each_slice_alone(seed: int) -> None:
    cut, loss, excess = drawn(seed)
    looked = contrasts(cut, loss, excess, 20)
    for place in (0, len(looked) // 2, len(looked) - 1):
        holds = cut.members[:, looked.pairs[place]].all(axis=1)
        assert looked.inside.rows[place] == holds.sum()
        assert looked.inside.loss[place] == pytest.approx(loss[holds].sum())
        assert looked.outside.loss[place] == pytest.approx(loss[~holds].sum())
        assert looked.inside.mean_excess[place] == pytest.approx(excess[holds].mean())
        alone = stats.ttest_1samp(excess[holds], 0, alternative="greater")
        welch = stats.ttest_ind(excess[holds], excess[~holds], equal_var=False, alternative="greater")
        assert looked.t[place] == pytest.approx(min(alone.statistic, welch.statistic))
        worst = stats.t.sf(looked.t[place], holds.sum() - 1)
        assert looked.p_values[place] == pytest.approx(min(worst * len(looked), 1))


def test_two_conditions_are_clearer_where_the_loss_is_higher_than_in_the_rest_of_each() -> None:
    cut, loss, excess = drawn(4, 3000)
    both = cut.members[:, 0] & cut.members[:, 3]
    looked = contrasts(cut, loss + 2 * both, excess, 20)
    clear = {tuple(pair) for pair in looked.pairs[looked.clearer(0.01)].tolist()}
    assert clear == {(place, place) for place in range(9)} | {(0, 3)}


def test_slices_are_conditions_and_pairs_on_two_columns_with_enough_rows() -> None:
    cut, loss, excess = drawn(1)
    looked = contrasts(cut, loss, excess, 30)
    assert len(looked) == 9 + 27 - np.sum(
        [
            (cut.members[:, i] & cut.members[:, j]).sum() < 30
            for i in range(9)
            for j in range(i + 1, 9)
            if i // 3 != j // 3
        ]
    )
    columns = [{CONDITIONS[i].column for i in pair} for pair in looked.pairs]
    assert all(len(names) == len(set(pair)) for names, pair in zip(columns, looked.pairs, strict=True))


def test_two_conditions_with_the_rows_of_one_are_no_slice_of_their_own() -> None:
    members = np.column_stack([np.arange(100) < 40, np.arange(100) < 60])
    cut = Cut((Condition("a", "a=0"), Condition("b", "b=0")), members)
    looked = contrasts(cut, np.ones(100), np.zeros(100), 10)
    assert looked.pairs.tolist() == [[0, 0], [1, 1]]


def test_rows_are_summed_in_pieces_without_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = contrasts(*drawn(2), 20)
    monkeypatch.setattr(module, "CHUNK", 7)
    pieces = contrasts(*drawn(2), 20)
    assert np.allclose(whole.t, pieces.t)
    assert (whole.pairs == pieces.pairs).all()


def test_an_excess_that_is_the_same_on_every_row_is_certain() -> None:
    members = np.column_stack([np.arange(100) < 40])
    cut = Cut((Condition("a", "a=0"),), members)
    assert contrasts(cut, np.ones(100), members[:, 0] * 1.0, 10).p_values.tolist() == [0.0]
    assert contrasts(cut, np.ones(100), np.zeros(100), 10).p_values.tolist() == [0.5]
