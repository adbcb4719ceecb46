"""What a candidate must reach, who lets it out, and who hears of it afterwards."""

from typing import Any, Literal, Self

from pydantic import EmailStr, Field, field_validator, model_validator

from airlock.spec.base import Section
from airlock.spec.durations import PositiveDuration
from airlock.spec.words import Title

Origin = Literal["spec", "policy"]


class Limit(Section):
    """A bound on one metric; `origin` says who asks for it."""

    metric: str = Field(description="one of the task's metrics, disparities or measures of behaviour")
    at_least: float | None = Field(None, description="the lowest value that passes")
    at_most: float | None = Field(None, description="the highest value that passes")
    attribute: str | None = Field(
        None, description="disparities only: of this protected column alone; absent: of the worst single one"
    )
    origin: Origin = Field("spec", description="who asks for it; Airlock writes this, leave it out")

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

    metric: str = Field(description="the metric in which the two are compared")
    tolerance: float = Field(
        0.0,
        ge=0,
        description="by how much the candidate may be worse; for log_loss and errors with a unit "
        "a share of the champion's figure",
    )
    confidence: float = Field(
        0.5,
        ge=0.5,
        lt=1,
        description="how sure one must be that it is no worse than that: the share of bootstrap samples",
    )


class Gates(Section):
    """The rules a candidate must pass before people are asked."""

    limits: tuple[Limit, ...] = Field(
        (), description="bounds on the hold-out metrics; the policy's own are added"
    )
    champion: ChampionGate = Field(description="how a candidate must compare with what serves")


class Approval(Section):
    """Who may let a candidate into production, and how long they have."""

    approvers: tuple[str, ...] = Field(
        (), description="the Airflow users who may: people of people.yaml with the role approver"
    )
    people: int = Field(
        1, ge=0, le=5, description="how many distinct people must approve; 0 releases what passes the gates"
    )
    timeout: PositiveDuration = Field(
        "3d", validate_default=True, description="how long they have; no answer in time is no approval"
    )

    @model_validator(mode="after")
    def _enough_approvers(self) -> Self:
        if twice := {user for user in self.approvers if self.approvers.count(user) > 1}:
            raise ValueError(f"names {min(twice)} twice among the approvers. Name each once.")
        if len(self.approvers) < self.people:
            raise ValueError(
                f"{self.people} distinct people must approve, and {len(self.approvers)} may. "
                "Name more approvers, or ask for fewer people where the policy allows it."
            )
        return self


class Person(Section):
    """Somebody with a name whom others can write to."""

    name: Title = Field(description="how people call them")
    email: EmailStr = Field(description="where mails to them go")


class Notifier(Section):
    """One of Airflow's notifiers, which says in a chat or to a pager what an alert's mail says."""

    notifier: str = Field(
        description="its dotted path, from an installed provider or `airlock_models.<model>.<module>.<class>`"
    )
    arguments: dict[str, Any] = Field(
        {},
        description="its arguments; texts among them are templates that know `mail.subject`, `mail.text`, "
        "`mail.html` and `mail.link`. Secrets belong into the Airflow connection that it names",
    )


class Alerts(Section):
    """Who gets the mail when somebody must look, and where else it is said."""

    to: tuple[EmailStr, ...] = Field(min_length=1, description="one address, or a list of them")
    notify: tuple[Notifier, ...] = Field((), description="where an alert is said as well, beside the mail")

    @field_validator("to", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value
