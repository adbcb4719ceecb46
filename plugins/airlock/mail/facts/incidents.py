"""What mails say about incidents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class IncidentOpened:
    """To those who may restore, and to a model's owner and people on call: something is not as recorded.

    `model` is None where it is about the whole installation; `mend` says what a restore does or, where there
    is none, what a person must do first; `restore` is the Dag that does it.
    """

    number: int
    model: str | None
    sentence: str
    found_at: datetime
    mend: str
    restorable: bool
    restore: str
    link: str


@dataclass(frozen=True)
class IncidentAssigned:
    """To somebody to whom another person gave an incident."""

    number: int
    model: str | None
    sentence: str
    found_at: datetime
    assigned_by: str
    because: str
    mend: str
    link: str


@dataclass(frozen=True)
class InquiryAsked:
    """To those who may answer: an incident that nobody can explain; they say what to do.

    `cause` and `evidence` are what triage says of it, `findings` what the night found; `refused` says which
    answers did not count, so that it is asked again; `page` is the incident's.
    """

    title: str
    model: str
    incident: int
    found_at: datetime
    cause: str
    evidence: Sequence[str]
    findings: Sequence[str]
    refused: Sequence[str]
    page: str
    link: str


@dataclass(frozen=True)
class InquiryAnswered:
    """To the owner and people on call: a person has said what to do about an incident."""

    title: str
    model: str
    incident: int
    sentence: str
    choice: str
    answered_by: str
    because: str
    link: str
