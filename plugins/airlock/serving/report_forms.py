"""Forms of what applications report about decisions, with the words the documentation uses."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from airlock.serving.forms import MAX_ROWS, EntityKey, EventTime, Form, storable

LONGEST = 2000
#: So much a caller's clock may be ahead of ours.
SKEW = timedelta(minutes=1)


def _known(moment: datetime) -> datetime:
    if moment > datetime.now(UTC) + SKEW:
        raise ValueError("lies in the future, and nothing is known yet that comes true then")
    return moment


Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST), AfterValidator(storable)]
Label = Annotated[str, StringConstraints(max_length=200), AfterValidator(storable)]


class Objection(Form):
    """Why somebody does not accept a decision."""

    reason: Annotated[Text, StringConstraints(min_length=1)] = Field(
        description="In the words of whom it is about. A person reads it with all that was known.",
        examples=["My income is 4,000 EUR a month since May, not 400."],
    )


class Opinion(Form):
    """What somebody who works with a decision thinks of it."""

    verdict: Literal["agree", "disagree"]
    comment: Text = Field("", description="Why.", examples=["She has paid two loans back."])


class Outcome(Form):
    """What came true of one decision or entity."""

    decision: UUID | None = Field(None, description="The id of an answer of this API; or else entity_key.")
    entity_key: EntityKey | None = Field(None, description="What it is about; or else decision.")
    outcome: bool | float | Label = Field(
        description="One of the model's classes, or a number where it predicts one.", examples=[True]
    )
    known_at: Annotated[EventTime, AfterValidator(_known)] | None = Field(
        None, description="Since when it is known, with its time zone; now where it is left out."
    )

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> "Outcome":
        if (self.decision is None) == (self.entity_key is None):
            raise ValueError("needs either decision or entity_key, and not both")
        return self


class OutcomesReport(Form):
    """Outcomes, all taken or none; of several about one thing the newest report counts."""

    outcomes: list[Outcome] = Field(min_length=1, max_length=MAX_ROWS)


class OutcomesTaken(Form):
    """What was taken."""

    model: str
    outcomes: int = Field(description="How many were recorded.")
