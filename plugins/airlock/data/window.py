"""Windows: the stretch of event time that a training or a night looks at."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from airlock.spec.data import DataSpec

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Every moment from `start` until just before `end`, both in UTC; None leaves a side open.

    Raises
    ------
    ValueError
        When a bound has no time zone or another than UTC, or nothing lies between them.

    Examples
    --------
    >>> print(Window(datetime(2026, 3, 1, tzinfo=UTC), None))
    from 2026-03-01 00:00 UTC on
    >>> Window(datetime(2026, 3, 1), None)
    Traceback (most recent call last):
    ValueError: start 2026-03-01 00:00:00 is not in UTC. Give it tzinfo=UTC.
    """

    start: datetime | None
    end: datetime | None

    def __post_init__(self) -> None:
        for name, bound in (("start", self.start), ("end", self.end)):
            if bound is not None:
                require_utc(name, bound)
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError(
                f"no time lies between {self.start} and {self.end}. Give an end after the start."
            )

    def __str__(self) -> str:
        match self.start, self.end:
            case None, None:
                return "of any time"
            case start, None:
                return f"from {start:%Y-%m-%d %H:%M} UTC on"
            case None, end:
                return f"before {end:%Y-%m-%d %H:%M} UTC"
            case start, end:
                return f"from {start:%Y-%m-%d %H:%M} until before {end:%Y-%m-%d %H:%M} UTC"
        raise AssertionError  # the four cases are all there are

    @property
    def night(self) -> date:
        """The date of a window that is one whole UTC day.

        Raises
        ------
        ValueError
            When it is any other stretch of time.
        """
        start = self.start
        if start is None or start.time() != time() or self.end != start + DAY:
            raise ValueError(
                f"the window {self} is not a night, one whole day in UTC. Make it with night_of()."
            )
        return date(start.year, start.month, start.day)


def require_utc(name: str, moment: datetime) -> None:
    """Refuse a moment that has no time zone, or another than UTC."""
    if moment.utcoffset() != timedelta(0):
        raise ValueError(f"{name} {moment} is not in UTC. Give it tzinfo=UTC.")


def night_of(interval_end: datetime) -> Window:
    """Return the whole UTC day before the day in which a data interval ends.

    >>> night_of(datetime(2026, 3, 2, 3, 0, tzinfo=UTC)).night
    datetime.date(2026, 3, 1)
    >>> night_of(datetime(2026, 3, 2, tzinfo=UTC)) == night_of(datetime(2026, 3, 2, 23, 59, tzinfo=UTC))
    True
    """
    require_utc("the interval's end", interval_end)
    return whole_day(interval_end.date() - DAY)


def whole_day(night: date) -> Window:
    """Return a UTC day as a stretch of time."""
    start = datetime(night.year, night.month, night.day, tzinfo=UTC)
    return Window(start, start + DAY)


def training_window(data: DataSpec, as_of: datetime, history: timedelta | None = None) -> Window:
    """Return the events old enough for their outcome to be known at `as_of`, as far back as `history` says.

    [as_of - outcome_delay - history, as_of - outcome_delay); open where the data have no event time. Without
    a `history` of its own the training reads as far back as the spec's.
    """
    require_utc("as_of", as_of)
    if data.event_time is None:
        return Window(None, None)
    end = as_of - data.outcome_delay
    history = history or data.history
    return Window(None if history is None else end - history, end)
