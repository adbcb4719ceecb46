"""Indicators: figures of the business that a model is there for, and what they must not fall under."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from airlock.spec.base import Section
from airlock.spec.data import CallableSource, SqlSource
from airlock.spec.durations import Duration, PositiveDuration
from airlock.spec.words import Title

IndicatorName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class IndicatorSource(Section):
    """Where one number comes from: a query, or a Python function; exactly one of them."""

    sql: SqlSource | None = Field(
        None, description="a query that gives one row with one column `value`; :start, :end, :as_of are bound"
    )
    callable: CallableSource | None = Field(
        None, description="a Python function that returns one number; it is called as for data.source"
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.sql is None) == (self.callable is None):
            found = "both are" if self.sql else "none is"
            raise ValueError(f"the source is one of sql and callable, and {found} given. Keep exactly one.")
        return self

    @property
    def kind(self) -> SqlSource | CallableSource:
        """The one source that is given."""
        source = self.sql or self.callable
        assert source is not None
        return source


class Indicator(Section):
    """One figure of the business, over a stretch of time, and its bound."""

    title: Title = Field(description="how people call the figure")
    unit: Title = Field(description="what it is counted in, such as EUR or share")
    source: IndicatorSource = Field(description="where the number comes from")
    window: PositiveDuration = Field(
        "7d", validate_default=True, description="the stretch of time between :start and :end"
    )
    delay: Duration = Field(
        "0d",
        validate_default=True,
        description="how long after it the figure is known: the stretch ends so long before the night does",
    )
    at_least: float | None = Field(None, description="the lowest value that is good enough")
    at_most: float | None = Field(None, description="the highest value that is good enough")

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("an indicator has one bound. Write either at_least or at_most.")
        return self
