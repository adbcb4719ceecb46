import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from airlock.samples.credit.chance import Chance

MANY = np.arange(200_000)


@given(seed=st.integers(0, 2**63 - 1), key=st.integers(0, 2**62), name=st.text())
def test_a_draw_is_its_own_whatever_is_drawn_beside_it(seed: int, key: int, name: str) -> None:
    alone = Chance.of(seed, "thing", np.array([key])).uniform(name)
    beside = Chance.of(seed, "thing", np.array([key + 1, key, 0])).uniform(name)
    assert 0 < alone[0] < 1
    assert beside[1] == alone[0]


def test_uniform_fills_the_interval_evenly() -> None:
    shares = np.histogram(Chance.of(7, "thing", MANY).uniform("a"), bins=20, range=(0, 1))[0] / len(MANY)
    assert np.abs(shares - 0.05).max() < 0.003


def test_names_subjects_and_seeds_draw_independently() -> None:
    first = Chance.of(7, "thing", MANY).uniform("a")
    others = (
        Chance.of(7, "thing", MANY).uniform("b"),
        Chance.of(7, "other", MANY).uniform("a"),
        Chance.of(8, "thing", MANY).uniform("a"),
        Chance.of(7, "thing", MANY + 1).uniform("a"),
    )
    assert all(abs(np.corrcoef(first, other)[0, 1]) < 0.01 for other in others)


def test_normal_has_mean_zero_and_spread_one() -> None:
    values = Chance.of(7, "thing", MANY).normal("a")
    assert abs(values.mean()) < 0.01
    assert abs(values.std() - 1) < 0.01


def test_category_follows_its_weights() -> None:
    weights = np.array([0.5, 0.3, 0.2])
    drawn = Chance.of(7, "thing", MANY).category("a", np.log(weights))
    assert np.abs(np.bincount(drawn) / len(MANY) - weights).max() < 0.005
