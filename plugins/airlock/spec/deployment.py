"""How the champion is used, and what a released version must show beside it before it takes over."""

from typing import Literal, Self

from pydantic import Field, model_validator

from airlock.spec.base import Section
from airlock.spec.durations import Duration, PositiveDuration
from airlock.spec.schedule import Schedule

Way = Literal["full", "shadow", "canary", "ab"]

#: The shares of the entities that a challenger answers where a spec names none.
SHARES: dict[Way, tuple[float, ...]] = {"full": (), "shadow": (), "canary": (0.1, 0.5), "ab": (0.5,)}


class Batch(Section):
    """Nightly batch scoring of the source's new rows, by the champion."""

    schedule: Schedule = Field("0 1 * * *", description="when, in UTC; the night is the day before")
    parts: int = Field(
        1, ge=1, le=64, description="stretches of equal time that a night is scored in, by as many tasks"
    )
    to: Literal["postgresql", "parquet"] = Field(
        "postgresql",
        description="where the answers go: into the view batch_scores and a Parquet file of the evidence "
        "store, or into the file alone",
    )


class Trial(Section):
    """What an approved version must show beside the champion; [challengers.md](challengers.md) says how."""

    shares: tuple[float, ...] = Field(
        (),
        description="the share of entities it answers: canary one rising share for each step (absent: "
        "0.1 and 0.5), ab exactly one (absent: 0.5), shadow none",
    )
    rows: int = Field(200, ge=10, description="how many of its answers a step needs")
    at_least: Duration = Field(
        "0m", validate_default=True, description="how long a step lasts, however many answers there are"
    )
    within: PositiveDuration = Field(
        "7d",
        validate_default=True,
        description="how long it has in all; without a verdict the champion stays",
    )
    failures: float = Field(0.01, ge=0, lt=1, description="the share of its rows that it may fail on")
    difference: float = Field(
        0.1,
        gt=0,
        le=1,
        description="how far its answers may lie from the champion's: binary the share of yes, multiclass "
        "the share of any class, regression the mean in the champion's standard deviations",
    )
    confidence: float = Field(
        0.95, gt=0.5, lt=1, description="ab: how sure one must be of who is better, over all looks together"
    )
    every: PositiveDuration = Field("1m", validate_default=True, description="how often it is looked at")

    @model_validator(mode="after")
    def _shares_rise(self) -> Self:
        rising = all(low < high for low, high in zip(self.shares, self.shares[1:], strict=False))
        if not rising or not all(0 < share < 1 for share in self.shares):
            raise ValueError(
                f"shares {list(self.shares)} must rise and lie between 0 and 1, both left out. "
                "Write such as [0.1, 0.5]; the whole comes with the deployment."
            )
        return self

    def shares_of(self, way: Way) -> tuple[float, ...]:
        """Return the share of each step when a version goes this way; a shadow has one, which is 0."""
        return self.shares or SHARES[way] or (0.0,)


class Deployment(Section):
    """How the champion is used, and how a new one comes in."""

    batch: Batch | None = Field(None, description="score each night's rows; absent: the API only")
    way: Way = Field(
        "full",
        description="how an approved version comes in where one serves already: full at once; shadow answers "
        "unheard, canary a growing share of the entities, ab a share of them until outcomes decide",
    )
    trial: Trial = Field(Trial(), description="how long it runs beside the champion, and what it must show")

    @model_validator(mode="after")
    def _shares_fit_the_way(self) -> Self:
        given = len(self.trial.shares)
        if self.way == "full" and self.trial != Trial():
            raise ValueError("trial is of no use when way is full. Write another way, or remove trial.")
        if self.way == "shadow" and given:
            raise ValueError("trial.shares: a shadow answers nobody, so it has no share. Remove shares.")
        if self.way == "ab" and given > 1:
            raise ValueError(f"trial.shares: ab has one share, not {given}. Keep one, such as [0.5].")
        return self

    @model_validator(mode="after")
    def _there_is_time(self) -> Self:
        steps = len(self.trial.shares_of(self.way))
        if self.trial.within <= max(steps * self.trial.at_least, self.trial.every):
            raise ValueError(
                "trial.within leaves no time for a verdict: each step lasts at_least, and is looked at every "
                "so often. Lengthen within, or shorten at_least or every."
            )
        return self
