"""Windows are aware, in UTC, and a night is one whole day."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.data.window import Window, night_of, training_window
from tests.airlock.data.loans import NOON, loans

SOURCE = {"file": {"path": "a.csv", "format": "csv"}}
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


@given(moments)
def test_a_night_is_the_whole_day_before_the_one_the_interval_ends_in(end: datetime) -> None:
    night = night_of(end)
    assert night.night == end.date() - timedelta(days=1)
    assert night.end <= end < night.end + timedelta(days=1)
    assert night_of(night.end) == night


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 2),
        datetime(2026, 3, 2, tzinfo=timezone(timedelta(hours=1))),
        datetime(2026, 7, 2, tzinfo=ZoneInfo("Europe/Berlin")),
    ],
)
def test_other_time_zones_and_none_are_refused(moment: datetime) -> None:
    for make in (
        night_of,
        lambda one: Window(one, None),
        lambda one: training_window(loans(SOURCE).data, one),
    ):
        with pytest.raises(ValueError, match="is not in UTC. Give it tzinfo=UTC"):
            make(moment)


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="no time lies between"):
        Window(NOON, NOON)


@pytest.mark.parametrize(
    "window",
    [
        Window(None, NOON),
        Window(NOON, NOON + timedelta(days=1)),
        Window(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)),
    ],
)
def test_another_stretch_of_time_is_no_night(window: Window) -> None:
    with pytest.raises(ValueError, match="is not a night"):
        _ = window.night


def test_a_night_spans_the_change_of_clocks_like_any_other() -> None:
    assert night_of(datetime(2026, 3, 30, 1, tzinfo=UTC)).night == date(2026, 3, 29)


def test_training_looks_at_events_whose_outcome_is_known() -> None:
    data = loans(SOURCE, outcome_delay="90d", history="365d").data
    assert training_window(data, NOON) == Window(NOON - timedelta(days=455), NOON - timedelta(days=90))


def test_training_looks_at_everything_where_no_history_is_given() -> None:
    assert training_window(loans(SOURCE).data, NOON) == Window(None, NOON)


def test_data_without_time_have_an_open_window() -> None:
    columns = {name: column for name, column in loans(SOURCE).data.columns.items() if name != "made_at"}
    assert training_window(loans(SOURCE, event_time=None, columns=columns).data, NOON) == Window(None, None)
