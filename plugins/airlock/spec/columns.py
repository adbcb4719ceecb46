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


class Column(Section):
    """One column of the data."""

    role: Role
    classification: Classification
    kind: Kind | None = None
    description: str = ""
    unit: str = ""

    @model_validator(mode="after")
    def _kind_where_values_matter(self) -> Self:
        if self.kind is None and self.role not in KINDLESS:
            raise ValueError(
                f"a column with the role {self.role} needs a kind. Add kind: number, category or boolean."
            )
        return self


Columns = dict[str, Column]
ColumnsField = Field(min_length=2)
