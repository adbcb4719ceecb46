"""Verdicts: what follows from what is found, the same for every way. What is unknown never passes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["continue", "passed", "broke", "undecided"]

#: The share of challengers within their limits that may be ended early by chance, for each limit.
ERROR = 0.05


@dataclass(frozen=True)
class Verdict:
    """What becomes of a step, and why, in sentences with the figures."""

    outcome: Outcome
    sentence: str


@dataclass(frozen=True)
class Finding:
    """One figure against its limit; `certain` says that it is above it whatever may still come."""

    value: float
    limit: float
    certain: bool
    sentence: str

    @property
    def holds(self) -> bool:
        """Whether the figure is known and within its limit."""
        return math.isfinite(self.value) and self.value <= self.limit


def verdict(findings: Sequence[Finding], *, missing: str) -> Verdict:
    """Judge a step: broken at once by what is certain; where nothing is missing any more, passed or broken.

    >>> verdict([Finding(0.02, 0.01, False, "It failed on 1 of 50 rows.")], missing="10 rows are missing.")
    Verdict(outcome='continue', sentence='It failed on 1 of 50 rows. 10 rows are missing.')
    """
    wrong = [finding for finding in findings if finding.certain]
    if not wrong and missing:
        return Verdict("continue", " ".join([*(finding.sentence for finding in findings), missing]))
    wrong = wrong or [finding for finding in findings if not finding.holds]
    told = " ".join(finding.sentence for finding in wrong or findings)
    return Verdict("broke" if wrong else "passed", told)
