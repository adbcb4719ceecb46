"""The cause of what a night shows, and what to do about it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal[
    "data_fault", "bad_source", "season", "covariate_shift", "label_shift", "concept_drift", "unclear"
]
Proposal = Literal["mend", "nothing", "retrain", "refit", "ask"]


@dataclass(frozen=True)
class Evidence:
    """One reason: what it is about, and a sentence with figures."""

    about: str
    sentence: str


@dataclass(frozen=True)
class Cause:
    """Why a night is as it is.

    Attributes
    ----------
    about
        The column, the source (as `channel=partner`), the week; empty where it is about the night as a whole.
    proposes
        `mend` the data and train on nothing meanwhile, do `nothing`, `refit` the same algorithm on newer
        rows, `retrain` it or another, or `ask` a person.
    """

    kind: Kind
    about: str
    sentence: str
    evidence: tuple[Evidence, ...]
    proposes: Proposal

    def to_json(self) -> dict[str, Any]:
        """Return the cause as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Cause":
        """Return the cause that `to_json` wrote."""
        return cls(**{**value, "evidence": tuple(Evidence(**one) for one in value["evidence"])})
