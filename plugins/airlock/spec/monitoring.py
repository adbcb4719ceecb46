"""How a model is watched once it serves: the limits of its nights, and what they may start."""

from collections.abc import Iterator

from pydantic import Field

from airlock.spec.base import Section
from airlock.spec.durations import Duration, PositiveDuration
from airlock.spec.errors import Problem
from airlock.spec.fairness import Fairness
from airlock.spec.governance import Limit
from airlock.spec.indicators import Indicator, IndicatorName
from airlock.spec.schedule import Schedule, is_daily
from airlock.spec.service import Service


class Performance(Section):
    """Limits on the champion in production, over the outcomes that arrived in a window."""

    limits: tuple[Limit, ...] = Field(min_length=1, description="bounds that alert when they are crossed")
    window: PositiveDuration = Field(
        "4w", validate_default=True, description="how much event time is measured together"
    )
    minimum_rows: int = Field(200, ge=20, description="with fewer outcomes nothing is judged")


class Drift(Section):
    """Limits on how far a night's inputs and predictions may lie from the training data.

    Psi is the population stability index of one column; `share` the share of features over it.
    """

    psi: float = Field(0.25, gt=0, description="the population stability index above which a column alerts")
    share: float = Field(
        0.2, ge=0, le=1, description="the share of drifted features above which all of them alert"
    )
    prediction_psi: float = Field(0.25, gt=0, description="the index above which score or prediction alerts")
    minimum_rows: int = Field(100, ge=20, description="a night with fewer rows does not alert of drift")


class Retraining(Section):
    """Whether what a night finds may start a training by itself, how often at most, and on which rows."""

    automatic: bool = Field(False, description="whether drift or bad performance starts a training")
    cooldown: Duration = Field(
        "1w", validate_default=True, description="how long after one such training no other is started"
    )
    budget: int = Field(2, ge=1, description="how many such trainings are started in thirty days, at most")
    history: PositiveDuration | None = Field(
        None, description="how much event time such a training reads; absent: data.history"
    )
    fresh: float = Field(
        0.5,
        ge=0,
        lt=1,
        description="the share of that time which must lie after the first night of what was found; until "
        "outcomes of so much are known the training waits. 0 waits for nothing",
    )


class Monitoring(Section):
    """The night shift."""

    schedule: Schedule = Field(
        "0 3 * * *", description="when, in UTC, every day; the night is the day before"
    )
    drift: Drift = Field(Drift(), description="when the night's rows lie too far from the training data")
    performance: Performance | None = Field(
        None, description="when the answers were too wrong; absent: never judged"
    )
    fairness: Fairness | None = Field(
        None, description="when protected groups fare too differently; absent: not measured"
    )
    indicators: dict[IndicatorName, Indicator] = Field(
        {}, description="figures of the business by their names: each of letters, digits and underscores"
    )
    service: Service | None = Field(
        None, description="what the scoring API must be like; absent: measured, and never judged"
    )
    retraining: Retraining = Field(Retraining(), description="whether a night may start a training")


def schedule_problems(monitoring: Monitoring) -> Iterator[Problem]:
    """Yield that some nights would never be watched, which no tier allows."""
    if not is_daily(monitoring.schedule):
        yield Problem(
            "monitoring.schedule",
            f"{monitoring.schedule!r} does not fire every day, so some nights would never be watched.",
            'Write * for day, month and weekday, such as "0 3 * * *".',
        )
