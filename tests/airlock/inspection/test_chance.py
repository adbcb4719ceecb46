"""What chance does is told from what it does not."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from airlock.inspection.chance import difference, holm, share_interval

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=20)


def test_without_clusters_it_is_the_classical_test_of_two_shares() -> None:
    draw = np.random.default_rng(1)
    inside = draw.random(2000) < 0.3
    values = (draw.random(2000) < np.where(inside, 0.25, 0.2)).astype(float)
    _, p_value = difference(values, inside)
    table = [[np.sum(values[side] == one) for one in (0, 1)] for side in (inside, ~inside)]
    expected = chi2_contingency(table, correction=False).pvalue
    assert abs(p_value - expected) < 0.01


def test_a_persons_rows_count_as_often_as_there_are_people() -> None:
    draw = np.random.default_rng(2)
    values = (draw.random(200) < np.where(np.arange(200) < 100, 0.4, 0.3)).astype(float)
    inside = np.arange(200) < 100
    once = difference(values, inside)
    ten_times = difference(np.tile(values, 10), np.tile(inside, 10), np.tile(np.arange(200), 10))
    np.testing.assert_allclose(ten_times, once)
    assert difference(np.tile(values, 10), np.tile(inside, 10))[1] < once[1]


def test_a_group_of_three_rows_is_never_a_finding() -> None:
    values, inside = np.zeros(1000), np.arange(1000) < 3
    values[:200] = 1.0
    assert difference(values, inside)[1] > 0.0005
    assert difference(values, ~inside)[1] == difference(values, inside)[1]


def test_among_calm_groups_chance_is_named_as_seldom_as_promised() -> None:
    draw = np.random.default_rng(3)
    named = 0
    for _ in range(400):
        groups, values = draw.integers(0, 5, 500), (draw.random(500) < 0.2).astype(float)
        named += min(holm([difference(values, groups == one)[1] for one in range(5)])) < 0.05
    assert named <= 32


@given(P_VALUES)
def test_correction_only_raises_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(raised >= value for raised, value in zip(adjusted, p_values, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()
    assert adjusted[order[0]] == min(1.0, p_values[order[0]] * len(p_values))


@given(st.integers(0, 50), st.integers(1, 50))
def test_an_interval_holds_the_share_it_is_of(hits: int, more: int) -> None:
    share = hits / (hits + more)
    low, high = share_interval(share, hits + more)
    assert 0 <= low <= share <= high <= 1
