"""Forms: what the scoring API takes and gives, with the words its documentation uses."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from airlock.spec.columns import Kind

MAX_ROWS = 1000
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _within_the_calendar(moment: datetime) -> datetime:
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"lies outside {EARLIEST.year} to {LATEST.year}")
    return moment


def storable(text: str) -> str:
    """Refuse a text that PostgreSQL cannot keep."""
    if "\0" in text:
        raise ValueError("holds a NUL character")
    return text


def _readable(text: str) -> str:
    """Return what a caller sent as something that can be sent back."""
    return text[:200].encode(errors="replace").decode()


EntityKey = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)]
EventTime = Annotated[AwareDatetime, AfterValidator(_within_the_calendar)]


class Form(BaseModel):
    """What every form has in common: it never changes, and takes nothing that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(Form):
    """One thing to be scored."""

    features: dict[str, Any] = Field(
        description="Every field of the model by name; null where a value is not known. "
        "GET /v1/models/{model} lists the fields."
    )
    entity_key: EntityKey | None = Field(None, description="What the row is about, such as an application.")
    event_time: EventTime | None = Field(
        None, description="When it happened, with its time zone; now where it is left out."
    )


class Question(Form):
    """Rows to be scored by what serves a model."""

    rows: list[Row] = Field(min_length=1, max_length=MAX_ROWS, description="Answered in the same order.")
    purpose: Literal["decision", "smoke_test"] = Field(
        "decision", description="A smoke test is logged too, and left out of what the night shift measures."
    )
    version: int | None = Field(
        None,
        description="Smoke tests alone: the champion's or the challenger's version, which then answers every "
        "row; the champion where it is left out.",
    )

    @field_validator("version")
    @classmethod
    def _is_for_smoke_tests(cls, version: int | None, others: ValidationInfo) -> int | None:
        if version is not None and others.data.get("purpose", "smoke_test") != "smoke_test":
            raise ValueError(
                "is for smoke tests alone: which version decides is not the caller's to say. Leave it out"
            )
        return version


class Prediction(Form):
    """The answer for one row."""

    id: UUID = Field(description="Names this answer in the prediction log.")
    entity_key: str | None
    version: int = Field(
        description="The version that answered this row: the champion, or the challenger where the row "
        "belongs to its share."
    )
    score: float = Field(
        description="Probability of the positive class (binary) or of the predicted one (multiclass), "
        "or the predicted number (regression)."
    )
    prediction: str = Field(description="The predicted class, or the number, as text.")


class Reply(Form):
    """Answers, each with the version that gave it; every one of them is in the prediction log."""

    model: str
    version: int = Field(description="The champion's version; each prediction says which version gave it.")
    package_digest: str = Field(description="SHA-256 of the champion's package: what was approved.")
    predictions: list[Prediction]


class InputField(Form):
    """One field that a model takes, and what was seen of it in training."""

    name: str
    kind: Kind
    categories: list[str]
    minimum: float | None
    maximum: float | None
    example: Any


class ChallengerSummary(Form):
    """What runs beside a champion, according to the challengers' record."""

    version: int
    way: Literal["shadow", "canary", "ab"] = Field(
        description="shadow: asked for every row, heard by nobody; canary and ab: answers its share."
    )
    share: float = Field(description="Of the entities, how many it answers: from 0 to 1.")
    since: datetime = Field(description="When it started.")
    package_digest: str
    available: bool
    reason: str = Field(description="Why it is not available, so that the champion answers all.")
    dropped: int = Field(description="Rows this process could not ask it for in the shadow, or not log.")


class ModelSummary(Form):
    """What serves a model, according to the deployment record."""

    model: str
    version: int
    package_digest: str
    since: datetime = Field(description="When it was deployed.")
    available: bool
    reason: str = Field(description="Why it is not available; empty where it is.")
    challenger: ChallengerSummary | None = Field(description="What runs beside it; null where nothing does.")


class ModelDetails(ModelSummary):
    """What serves a model, what it takes and what it gives."""

    task: str
    classes: list[str]
    positive: str | None
    fields: list[InputField]


class Readiness(Form):
    """Whether this process can answer for every champion, and what stands in the way."""

    ready: bool
    problems: list[str]


class Problem(Form):
    """One thing wrong with a request."""

    row: int | None = Field(description="Which row, counted from 0; null where it is not about one row.")
    field: Annotated[str, BeforeValidator(_readable)]
    wrong: str
    cure: str


class Refused(Form):
    """Why there is no answer, and what to change where it is the request."""

    detail: str
    problems: list[Problem] = []
