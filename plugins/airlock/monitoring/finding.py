"""A finding: one limit that a night crossed, as a person reads it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

FindingKind = Literal[
    "suite",
    "column_drift",
    "share_drift",
    "prediction_drift",
    "performance",
    "estimate",
    "fairness",
    "no_predictions",
    "indicator",
    "service",
]
#: What a training on newer rows can cure; everything else a person must look at first.
CURED_BY_TRAINING: tuple[FindingKind, ...] = (
    "column_drift",
    "share_drift",
    "prediction_drift",
    "performance",
)
#: What triage has nothing to say of: it looks at rows and at what came true of them.
BEYOND_TRIAGE: tuple[FindingKind, ...] = ("indicator", "service")


@dataclass(frozen=True)
class Finding:
    """One limit that a night crossed.

    `key` names it across nights, so that one can say since when. A `fault` is wrong in the data themselves: a
    model trained on them would learn the fault.
    """

    kind: FindingKind
    column: str | None
    value: float | None
    limit: float | None
    sentence: str
    key: str
    fault: bool = False

    @property
    def is_drift(self) -> bool:
        """Whether it says how far rows or answers lie from the training data."""
        return self.kind in ("column_drift", "share_drift", "prediction_drift")

    def to_json(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        return asdict(self)


def asking_for_retraining(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that a new training could cure: none at all while any of them is a data fault."""
    found = tuple(findings)
    if any(finding.fault for finding in found):
        return ()
    return tuple(finding for finding in found if finding.kind in CURED_BY_TRAINING)
