import math

from hypothesis import given
from hypothesis import strategies as st

from airlock.serving.routing import is_challengers, place

SHARES = st.floats(0, 1)
KEYS = st.text(min_size=1, max_size=50)
ROWS = 2000


@given(st.text(max_size=20), st.integers(1, 10**6), KEYS)
def test_a_place_lies_from_0_to_below_1_and_stays(model, release, key):
    found = place(model, release, key)
    assert 0 <= found < 1
    assert place(model, release, key) == found


@given(SHARES, SHARES, KEYS)
def test_what_is_the_challenger_s_stays_so_when_its_share_rises(one, other, key):
    low, high = sorted((one, other))
    assert is_challengers(low, "loans", 3, key) <= is_challengers(high, "loans", 3, key)


@given(SHARES, st.integers(1, 1000))
def test_a_share_is_met_within_what_chance_allows(share, release):
    hits = sum(is_challengers(share, "loans", release, f"loan-{n}") for n in range(ROWS))
    # six standard deviations, and a row for shares so small that a normal bound says nothing
    assert abs(hits - share * ROWS) <= 6 * math.sqrt(share * (1 - share) * ROWS) + 6


@given(st.integers(1, 1000), st.integers(1, 1000), st.sampled_from(["loans", "cards"]))
def test_two_releases_find_their_entities_independently(one, other, model):
    if (one, "loans") == (other, model):
        return
    both = sum(
        is_challengers(0.5, "loans", one, f"loan-{n}") and is_challengers(0.5, model, other, f"loan-{n}")
        for n in range(ROWS)
    )
    assert abs(both - ROWS / 4) <= 6 * math.sqrt(ROWS * 3 / 16)


def test_nobody_is_the_challenger_s_at_0_and_everybody_at_1():
    keys = [f"loan-{n}" for n in range(ROWS)]
    assert not any(is_challengers(0, "loans", 1, key) for key in keys)
    assert all(is_challengers(1, "loans", 1, key) for key in keys)
