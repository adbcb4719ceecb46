"""Schedules as people write them for Airflow: five cron fields or a word such as @daily."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import AfterValidator

WORDS = ("@hourly", "@daily", "@weekly", "@monthly")
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
PART = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?")


def parse_schedule(value: str) -> str:
    """Return a schedule that Airflow's timetables read, in numbers only.

    Raises
    ------
    ValueError
        When it has not five fields, or one of them holds something else than numbers in its range.

    Examples
    --------
    >>> parse_schedule("30 1,13 * * 1-5")
    '30 1,13 * * 1-5'
    >>> parse_schedule("0 25 * * *")
    Traceback (most recent call last):
    ValueError: '0 25 * * *' is no schedule. Write five fields, minute hour day month weekday, ...
    """
    fields = value.split()
    if value in WORDS or (len(fields) == len(RANGES) and all(map(_fits, fields, RANGES))):
        return value
    raise ValueError(
        f'{value!r} is no schedule. Write five fields, minute hour day month weekday, such as "0 3 * * *", '
        f"or one of {', '.join(WORDS)}."
    )


def is_daily(schedule: str) -> bool:
    """Say whether a schedule fires every day.

    >>> is_daily("0 3 * * *"), is_daily("@daily"), is_daily("0 3 * * 1-5"), is_daily("@weekly")
    (True, True, False, False)
    """
    return schedule in ("@hourly", "@daily") or schedule.split()[2:] == ["*"] * 3


def fires_on(schedule: str, day: date) -> bool:
    """Say whether a schedule fires on a UTC day, as Airflow's timetables read it.

    >>> [fires_on("0 1 * * 1", date(2026, 11, day)) for day in (22, 23)]  # a Sunday and a Monday
    [False, True]
    """
    from croniter import CroniterBadDateError, croniter

    midnight = datetime.combine(day, time(), UTC)
    try:
        first = croniter(schedule, midnight - timedelta(seconds=1)).get_next(datetime)
    except CroniterBadDateError:
        return False  # 31 February never comes
    return bool(first.date() == day)


def _fits(field: str, bounds: tuple[int, int]) -> bool:
    for part in field.split(","):
        match = PART.fullmatch(part)
        if match is None:
            return False
        numbers = [int(number) for number in match.groups()[:2] if number is not None]
        if any(not bounds[0] <= number <= bounds[1] for number in numbers) or numbers != sorted(numbers):
            return False
    return True


Schedule = Annotated[str, AfterValidator(parse_schedule)]
