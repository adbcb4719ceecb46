"""Forms about past decisions and explanations, with the words the documentation uses."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from airlock.package.explaining import Value
from airlock.serving.forms import Form, Row

MAX_EXPLAINED = 10


class ExplainQuestion(Form):
    """Rows whose answers, or decisions that, are to be explained: one of the two."""

    rows: Annotated[list[Row], Field(min_length=1, max_length=MAX_EXPLAINED)] | None = Field(
        None, description="Explained by the version that would answer them. Nothing is decided or logged."
    )
    decisions: Annotated[list[UUID], Field(min_length=1, max_length=MAX_EXPLAINED)] | None = Field(
        None, description="Ids of decisions about this model, each explained by the version that decided it."
    )

    @model_validator(mode="after")
    def _is_about_one_of_them(self) -> "ExplainQuestion":
        if (self.rows is None) == (self.decisions is None):
            raise ValueError("needs either rows or decisions, and not both")
        return self


class ContributionForm(Form):
    """What one feature added to an answer."""

    feature: str
    value: Value = Field(description="What it was; null where it was not known.")
    contribution: float = Field(description="What it added to the score, in the unit of the explanation.")
    sentence: str = Field(description="The same as people read it.")


class ExplanationForm(Form):
    """Why an answer is as it is: the base and all contributions add up to the score."""

    about: str = Field(description="What is explained, such as the probability of a class.")
    unit: str = Field(description="`probability`, or what a regression's target is counted in.")
    method: str
    score: float
    prediction: str
    base: float = Field(description="The average answer over the background rows of the version's package.")
    contributions: list[ContributionForm] = Field(description="Every feature, the largest first.")


class Explained(Form):
    """The explanation of one row or decision."""

    id: UUID | None = Field(description="The decision; null for a row that nobody decided about.")
    entity_key: str | None
    version: int = Field(description="The version that explains: it decided, or would.")
    package_digest: str | None = Field(description="SHA-256 of its package; null where it is not proved.")
    explanation: ExplanationForm | None = Field(description="Null where it cannot be proved.")
    unexplained: str = Field(description="Why there is no explanation; empty where there is one.")


class ExplainReply(Form):
    """Explanations, in the order of the question."""

    model: str
    explanations: list[Explained]


class ReleaseForm(Form):
    """By what right a version answered, as the audit log tells it."""

    id: int = Field(description="The release.")
    way: Literal["full", "shadow", "canary", "ab"] = Field(
        description="full: as the champion; canary or ab: beside it, for its share of the entities."
    )
    since: datetime = Field(description="When it began to answer so.")
    package_digest: str = Field(description="SHA-256 of what was released.")
    dossier_digest: str = Field(description="SHA-256 of the dossier that people decided by.")
    dossier: str = Field(description="Where people read the dossier in Airflow.")
    approvals_needed: int
    approved_at: list[datetime] = Field(description="When each of the people approved who had to.")
    sentence: str


class ContestForm(Form):
    """A contest of a decision: a person looks at it again, and their word counts."""

    id: int
    state: Literal["open", "upheld", "overturned"]
    reason: str = Field(description="Why it is contested.")
    asked_at: datetime
    prediction: str | None = Field(description="The answer that holds; null while nobody has decided.")
    decided_because: str | None = Field(description="Why the person decided so.")
    decided_at: datetime | None


class FeedbackForm(Form):
    """What somebody thinks of a decision."""

    verdict: Literal["agree", "disagree"]
    comment: str
    given_by: str = Field(description="The client that passed it on.")
    given_at: datetime


class Logged(Form):
    """An answer as the prediction log has it."""

    id: UUID
    model: str
    version: int
    source: Literal["api", "batch"]
    purpose: Literal["decision", "smoke_test"]
    client: str | None = Field(description="Who asked; null for a batch, and before there were keys.")
    entity_key: str | None
    event_time: datetime
    scored_at: datetime
    features: dict[str, Value] = Field(description="What was asked, as it was logged.")
    score: float
    prediction: str


class Decision(Logged):
    """A past decision: what was asked, what was answered and why, and by what right."""

    explanation: ExplanationForm | None = Field(description="By the version that decided, proved by digest.")
    unexplained: str = Field(description="Why there is no explanation; empty where there is one.")
    release: ReleaseForm | None = Field(description="Null where the audit log does not tell of one.")
    contest: ContestForm | None
    feedback: list[FeedbackForm]
