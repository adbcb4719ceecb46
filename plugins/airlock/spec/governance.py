"""What a candidate must reach, who lets it out, and how it is watched afterwards."""

from typing import Literal, Self

from pydantic import EmailStr, Field, field_validator, model_validator

from airlock.spec.base import Section
from airlock.spec.durations import Duration, PositiveDuration
from airlock.spec.schedule import Schedule

Origin = Literal["spec", "policy"]


class Limit(Section):
    """A bound on one metric; `origin` says who asks for it."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    origin: Origin = "spec"

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a limit has one bound. Write either at_least or at_most.")
        return self

    def loosens(self, floor: "Limit") -> bool:
        """Say whether this bound lets through what `floor`, on the same metric and side, does not."""
        if floor.at_least is not None:
            return self.at_least is not None and self.at_least < floor.at_least
        return self.at_most is not None and floor.at_most is not None and self.at_most > floor.at_most


class ChampionGate(Section):
    """A candidate may be worse than the champion on the same rows by no more than the tolerance."""

    metric: str
    tolerance: float = Field(0.0, ge=0)


class Gates(Section):
    """The rules a candidate must pass before people are asked."""

    limits: tuple[Limit, ...] = ()
    champion: ChampionGate


class Approval(Section):
    """Who may let a candidate into production, and how long they have."""

    approvers: dict[str, EmailStr] = Field({}, description="Airflow user name: e-mail address")
    people: int = Field(1, ge=0, le=5)
    timeout: PositiveDuration = Field("3d", validate_default=True)

    @model_validator(mode="after")
    def _enough_approvers(self) -> Self:
        if len(self.approvers) < self.people:
            raise ValueError(
                f"{self.people} distinct people must approve, and {len(self.approvers)} may. "
                "Name more approvers, or ask for fewer people where the policy allows it."
            )
        return self


class Batch(Section):
    """Nightly batch scoring of the source's new rows."""

    schedule: Schedule = "0 1 * * *"


class Deployment(Section):
    """How the champion is used: always by the scoring API, and by batch scoring where asked."""

    batch: Batch | None = None


class Performance(Section):
    """Limits on the champion in production, over the outcomes that arrived in a window."""

    limits: tuple[Limit, ...] = Field(min_length=1)
    window: PositiveDuration = Field("4w", validate_default=True)
    minimum_rows: int = Field(200, ge=20)


class Drift(Section):
    """Limits on how far a night's inputs and predictions may lie from the training data.

    Psi is the population stability index of one column; `share` the share of features over it.
    """

    psi: float = Field(0.25, gt=0)
    share: float = Field(0.2, ge=0, le=1)
    prediction_psi: float = Field(0.25, gt=0)
    minimum_rows: int = Field(100, ge=20)


class Retraining(Section):
    """Whether what a night finds may start a training by itself, and how often at most."""

    automatic: bool = False
    cooldown: Duration = Field("1w", validate_default=True)


class Monitoring(Section):
    """The night shift."""

    schedule: Schedule = "0 3 * * *"
    drift: Drift = Drift()
    performance: Performance | None = None
    retraining: Retraining = Retraining()


class Person(Section):
    """Somebody who answers for the model."""

    name: str = Field(min_length=1)
    email: EmailStr


class Alerts(Section):
    """Who gets the mail when somebody must look."""

    to: tuple[EmailStr, ...] = Field(min_length=1)

    @field_validator("to", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value
