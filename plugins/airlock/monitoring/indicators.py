"""Indicators: what a figure of the business came to in a night, or why nobody knows."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class IndicatorFigure:
    """One indicator of one night.

    Attributes
    ----------
    title, unit, at_least, at_most
        As the spec said that night.
    start, end
        The stretch of time that it is about, in UTC.
    value
        None where it could not be known; `reason` says why.
    """

    name: str
    title: str
    unit: str
    at_least: float | None
    at_most: float | None
    start: datetime
    end: datetime
    value: float | None
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the figure as plain JSON values."""
        return asdict(self) | {"start": self.start.isoformat(), "end": self.end.isoformat()}
