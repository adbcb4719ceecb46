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

    @property
    def limit(self) -> float | None:
        """The one bound that it has."""
        return self.at_least if self.at_least is not None else self.at_most

    @property
    def is_kept(self) -> bool:
        """Whether it is known and keeps its bound."""
        if self.value is None:
            return False
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.at_most is not None and self.value <= self.at_most

    def to_json(self) -> dict[str, Any]:
        """Return the figure as plain JSON values."""
        return asdict(self) | {"start": self.start.isoformat(), "end": self.end.isoformat()}
