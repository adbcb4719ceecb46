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
    feature_because: str | None = Field(
        None,
        min_length=10,
        description="protected and identifier only: why the estimator may see it all the same",
    )
    bands: tuple[float, ...] = Field(
        (),
        description="protected numbers only: where groups begin, such as [25, 40]; absent: quartiles",
    )
    changeable: bool = Field(
        True, description="whether a person could change it; counterfactuals leave alone what nobody can"
    )

    @model_validator(mode="after")
    def _kind_where_values_matter(self) -> Self:
        if self.kind is None and self.role not in KINDLESS:
            raise ValueError(
                f"a column with the role {self.role} needs a kind. Add kind: number, category or boolean."
            )
        return self

    @model_validator(mode="after")
    def _extras_fit_the_role(self) -> Self:
        if self.feature_because and self.role not in (Role.PROTECTED, Role.IDENTIFIER):
            raise ValueError(
                f"feature_because is for protected and identifier, not for {self.role}. Remove it."
            )
        if self.feature_because and self.kind is None:
            raise ValueError("a column that reaches the estimator needs a kind. Add it.")
        if self.feature_because and self.role is Role.IDENTIFIER and self.kind is not Kind.CATEGORY:
            raise ValueError("an identifier is read as text, so that it is a category. Write kind: category.")
        if self.bands and not (self.role is Role.PROTECTED and self.kind is Kind.NUMBER):
            raise ValueError("bands cut a protected number into groups, and this is none. Remove them.")
        if list(self.bands) != sorted(set(self.bands)):
            raise ValueError("bands must rise. Write each number once, the smallest first.")
        return self


Columns = dict[str, Column]
ColumnsField = Field(min_length=2, description="every column of the source, by its name")
