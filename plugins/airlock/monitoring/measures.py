"""What was measured of one night, all of it together."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from airlock.monitoring.drift import ColumnDrift
from airlock.monitoring.estimate import Estimates
from airlock.monitoring.fairness import Fairness
from airlock.monitoring.indicators import IndicatorFigure
from airlock.monitoring.performance import Performance
from airlock.monitoring.service import ServiceFigures

if TYPE_CHECKING:
    from airlock.data.validation import ValidationResult


@dataclass(frozen=True)
class Measures:
    """The measures of one night.

    Attributes
    ----------
    rows
        How many predictions the champion made that night.
    validation
        The suite's result on their inputs; None only for a night without predictions.
    drifts
        What `airlock.monitoring.drift.measure` returned.
    performance
        What `airlock.monitoring.performance.measure` returned; None where no outcome is due yet.
    estimates
        What answers are worth whose outcomes are not known; None but for binary models.
    fairness
        How protected groups fare; None where the spec does not ask.
    indicators
        Figures of the business, as many as the spec names.
    service
        How the scoring API answered; None where it was asked nothing.
    due
        Whether the schedule of batch scoring asks for the night; no other may be without predictions.
    """

    rows: int
    validation: "ValidationResult | None" = None
    drifts: tuple[ColumnDrift, ...] = ()
    performance: Performance | None = None
    estimates: Estimates | None = None
    fairness: Fairness | None = None
    indicators: tuple[IndicatorFigure, ...] = ()
    service: ServiceFigures | None = None
    due: bool = True

    def to_json(self, *, drawn: Collection[str | None]) -> dict[str, Any]:
        """Return what is recorded; bars stay with the columns to be drawn, those of findings."""
        suite = self.validation and {
            "checks": len(self.validation.checks),
            "failed": len(self.validation.failed),
            "rows": self.validation.rows,
        }
        drifts = (column if column.column in drawn else replace(column, bars=()) for column in self.drifts)
        return {
            "suite": suite,
            "drift": [asdict(column) for column in drifts],
            "performance": self.performance and self.performance.to_json(),
            "estimate": self.estimates and self.estimates.to_json(),
            "fairness": self.fairness and self.fairness.to_json(),
            "indicators": {indicator.name: indicator.to_json() for indicator in self.indicators},
            "service": self.service and self.service.to_json(),
        }
