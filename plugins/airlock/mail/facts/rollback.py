"""What mails say about rollbacks, real and rehearsed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class RolledBack:
    """To everybody concerned: a person took the champion back; `problem` is what ails the version before."""

    title: str
    model: str
    version: int
    serves: int
    by: str
    reason: str
    at: datetime
    seconds: float
    problem: str
    package_digest: str
    link: str


@dataclass(frozen=True)
class DrillReport:
    """To those who may roll back and the people on call: how long the rehearsed rollbacks took.

    `held` is how many were not skipped.
    """

    held_at: datetime
    drills: Sequence[str]
    held: int
    failed: int
    link: str
