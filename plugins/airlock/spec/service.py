"""What the scoring API must be like for a model: the limits of a night, and the bounds that it counts by."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from airlock.spec.base import Section

#: Upper bounds in seconds: from a row answered in the event loop to what nobody should wait for. Rows of the
#: database hold as many counts, so that another bound needs a migration.
BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BOUNDS_MS = tuple(1000 * bound for bound in BOUNDS)


class Service(Section):
    """Limits on how the scoring API answered a model's requests in a night."""

    p99_ms: float | None = Field(
        None,
        description="the time in milliseconds within which 99 of 100 requests must be answered, one of "
        f"{', '.join(f'{bound:g}' for bound in BOUNDS_MS)}; absent: never judged",
    )
    failures: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="the share of requests that may fail, by the API's own fault (5xx); absent: never judged",
    )
    minimum_requests: int = Field(100, ge=20, description="a night with fewer requests is not judged")

    @field_validator("p99_ms")
    @classmethod
    def _is_counted(cls, value: float | None) -> float | None:
        if value is not None and value not in BOUNDS_MS:
            known = ", ".join(f"{bound:g}" for bound in BOUNDS_MS)
            raise ValueError(
                f"{value:g} ms is no bound that the scoring API counts by. Write one of {known}."
            )
        return value

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.p99_ms is None and self.failures is None:
            raise ValueError(
                "a service without limits judges nothing. Write p99_ms or failures, or leave it out."
            )
        return self
