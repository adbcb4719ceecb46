"""Lengths of time as people write them: 90d, 12h, 2w."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SPELLING = re.compile(r"(\d+)\s*([a-z]+)", re.IGNORECASE)


def parse_duration(value: Any) -> timedelta:
    """Return the length of time that `value` spells.

    Raises
    ------
    ValueError
        When it is not a whole number followed by one of the units s, m, h, d, w.

    Examples
    --------
    >>> parse_duration("90d")
    datetime.timedelta(days=90)
    >>> parse_duration("3 months")
    Traceback (most recent call last):
    ValueError: '3 months' has no unit that Airlock knows. Write a whole number and s (seconds), \
m (minutes), h (hours), d (days) or w (weeks), such as 90d.
    """
    if isinstance(value, timedelta):
        return value
    match = SPELLING.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or match[2] not in UNITS:
        raise ValueError(
            f"{value!r} has no unit that Airlock knows. Write a whole number and s (seconds), m (minutes), "
            "h (hours), d (days) or w (weeks), such as 90d."
        )
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def spell_duration(value: timedelta) -> str:
    """Return the shortest spelling of a length of time that `parse_duration` reads back.

    >>> spell_duration(timedelta(days=14)), spell_duration(timedelta(hours=36))
    ('2w', '36h')
    """
    seconds = int(value.total_seconds())
    for unit, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0 and (seconds or unit == "m"):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def require_some(value: timedelta) -> timedelta:
    """Refuse a length of time that is nothing at all."""
    if not value:
        raise ValueError("no time at all is not a length of time. Write 1m or more, or leave the key out.")
    return value


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(spell_duration)]
PositiveDuration = Annotated[Duration, AfterValidator(require_some)]
