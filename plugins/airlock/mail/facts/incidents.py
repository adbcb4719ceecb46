"""What mails say about incidents."""

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
