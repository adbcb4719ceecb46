"""Groups in production: how far answers and errors of protected groups may lie apart while a model serves."""

from pydantic import Field

from airlock.spec.base import Section
from airlock.spec.data import DataSpec
from airlock.spec.durations import PositiveDuration
from airlock.spec.governance import Limit
from airlock.spec.metrics import DISPARITIES, OF_ANSWERS, Task


class Fairness(Section):
    """Limits on how far the groups of protected columns lie apart in production.

    What the answers alone tell (demographic parity) is measured over `window`; errors over the outcomes that
    `performance` is measured by.
    """

    limits: tuple[Limit, ...] = Field(
        min_length=1, description="bounds on disparities; one alerts when it is crossed by more than chance"
    )
    window: PositiveDuration = Field(
        "4w", validate_default=True, description="how much event time of answers is compared together"
    )
    minimum_rows: int = Field(
        500, ge=100, description="with fewer answers, or fewer outcomes, nothing is judged"
    )

    @property
    def judges_errors(self) -> bool:
        """Whether a limit is about errors, which only outcomes tell."""
        return any(limit.metric not in OF_ANSWERS for limit in self.limits)

    def fault(self, task: Task, data: DataSpec) -> str | None:
        """Return what is wrong with the limits for such a task and such data, and the cure."""
        key = "monitoring.fairness"
        if data.event_time is None:
            return f"{key} compares a stretch of event time, and data.event_time is not set. Name it."
        if data.retention is not None and data.retention < self.window:
            return f"{key}.window is longer than data.retention: answers are deleted before. Shorten it."
        for limit in self.limits:
            if limit.metric not in DISPARITIES[task]:
                known = ", ".join(DISPARITIES[task])
                return (
                    f"{key} speaks of {limit.metric!r}, which is no disparity of a {task} model. "
                    f"Use one of {known}."
                )
            if limit.attribute and limit.attribute not in data.protected:
                known = ", ".join(data.protected) or "none"
                return (
                    f"{key} speaks of {limit.attribute!r}, which is no column with the role protected. "
                    f"Known: {known}."
                )
        if not data.protected:
            return f"{key} compares groups, and no column has the role protected. Give one that role."
        return None
