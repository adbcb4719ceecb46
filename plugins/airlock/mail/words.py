"""Figures, lengths of time and moments, in the words of a mail."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any


def number(value: float) -> str:
    """Return a figure with the digits a person can use.

    >>> number(12345), number(0.71849), number(12.5)
    ('12,345', '0.718', '12.5')
    """
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def duration(value: timedelta) -> str:
    """Return a length of time in its largest whole unit.

    >>> duration(timedelta(days=3)), duration(timedelta(hours=36)), duration(timedelta(hours=1))
    ('3 days', '36 hours', '1 hour')
    """
    minutes = int(value.total_seconds()) // 60
    for unit, size in (("day", 1440), ("hour", 60)):
        if minutes >= size and minutes % size == 0:
            return plural(minutes // size, unit)
    return plural(minutes, "minute")


def plural(count: int, noun: str) -> str:
    """Return a count with its noun.

    >>> plural(1, "finding"), plural(1200, "row")
    ('1 finding', '1,200 rows')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def moment(value: datetime) -> str:
    """Return a moment in UTC, to the minute.

    >>> moment(datetime(2026, 11, 1, 3, 5, tzinfo=UTC))
    '1 November 2026, 03:05 UTC'
    """
    at = value.astimezone(UTC)
    return f"{day(at)}, {at:%H:%M} UTC"


def day(value: date) -> str:
    """Return a day.

    >>> day(date(2026, 11, 1))
    '1 November 2026'
    """
    return f"{value.day} {value:%B %Y}"


def since(first: date, night: date) -> str:
    """Say since when a finding is there, of the nights in a row up to `night`.

    >>> since(date(2026, 10, 30), date(2026, 11, 1)), since(date(2026, 11, 1), date(2026, 11, 1))
    ('since the night of 30 October 2026, 3 nights in a row', 'new this night')
    """
    if first == night:
        return "new this night"
    return f"since the night of {day(first)}, {(night - first).days + 1} nights in a row"


def digest(value: str) -> str:
    """Return the digits of a digest that people compare."""
    return value[:12]


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number,
    "duration": duration,
    "plural": plural,
    "moment": moment,
    "day": day,
    "since": since,
    "digest": digest,
}
