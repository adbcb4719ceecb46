"""What every section of a spec has in common: it is frozen, and it refuses keys it does not know."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of a spec or policy."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)
