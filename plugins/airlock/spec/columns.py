"""Columns: what each one is for, and how carefully it must be treated."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from airlock.spec.base import Section


class Role(StrEnum):
    """What a column is for; only features reach the estimator."""

    FEATURE = "feature"
    PROTECTED = "protected"
    IDENTIFIER = "identifier"
    EVENT_TIME = "event_time"
    TARGET = "target"
    IGNORED = "ignored"


class Kind(StrEnum):
    """What values a column holds."""

    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"


class Classification(StrEnum):
    """How carefully a column must be treated, in the words of a data catalogue."""

    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    STRATEGIC = "strategic"
    BUSINESS = "business"


KINDLESS = {Role.IDENTIFIER, Role.EVENT_TIME, Role.IGNORED}

#: Columns that the prediction log and a package's reference have beside the features.
TAKEN_NAMES = ("score", "prediction", "version", "entity_key", "event_time")


class Column(Section):
    """One column of the data."""

    role: Role = Field(description="what the column is for; only features reach the estimator")
    classification: Classification = Field(description="how carefully it must be treated")
    kind: Kind | None = Field(
        None,
        description="what its values are; needed but for the roles identifier, event_time and ignored",
    )
    description: str = Field("", description="what it says, for people")
    unit: str = Field("", description="what a number counts, such as EUR a month, for people")

    @model_validator(mode="after")
    def _kind_where_values_matter(self) -> Self:
        if self.kind is None and self.role not in KINDLESS:
            raise ValueError(
                f"a column with the role {self.role} needs a kind. Add kind: number, category or boolean."
            )
        return self


Columns = dict[str, Column]
ColumnsField = Field(min_length=2, description="every column of the source, by its name")
