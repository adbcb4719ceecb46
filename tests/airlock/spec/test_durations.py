"""Lengths of time are read back as they were written."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.spec.durations import parse_duration, spell_duration
from airlock.spec.schedule import parse_schedule


@given(st.integers(0, 600_000_000))
def test_what_is_spelled_is_read_back(seconds: int) -> None:
    value = timedelta(seconds=seconds)
    assert parse_duration(spell_duration(value)) == value


@pytest.mark.parametrize("text", ["", "d", "-1d", "1.5d", "1 month", "1M", "1y", "90", 90, None, True])
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="such as 90d"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["@daily", "*/15 * * * *", "0 3 * * *", "0 0,12 1-15/2 * 0"])
def test_schedules_are_accepted(text: str) -> None:
    assert parse_schedule(text) == text


@pytest.mark.parametrize(
    "text", ["", "@never", "0 3 * *", "60 3 * * *", "0 3 0 * *", "0 5-3 * * *", "*/0 * * * *", "a * * * *"]
)
def test_other_schedules_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no schedule"):
        parse_schedule(text)
