"""What mails say about contested decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ContestAsked:
    """To those who decide: a decision is contested. `refused` says why earlier answers do not count.

    What was known and why it is contested is personal, so that it stands behind the link alone.
    """

    title: str
    model: str
    version: int
    contest: int
    asked_by: str
    asked_at: datetime
    refused: Sequence[str]
    link: str


@dataclass(frozen=True)
class ContestDecided:
    """To the owner: a person decided about a contested decision."""

    title: str
    model: str
    version: int
    contest: int
    decision: str
    state: str
    prediction: str
    decided_by: str
    because: str
    link: str
