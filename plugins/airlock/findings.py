"""Findings: what somebody should know, as a sentence about something that has a name."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """One thing found.

    `about` is the kind (fairness, proxy, slice, leakage, ...), `subject` the thing itself, such as
    `sex=female` or `channel`; the sentence can be read alone and names both.
    """

    about: str
    subject: str
    sentence: str

    def to_json(self) -> dict[str, str]:
        """Return the finding as JSON."""
        return asdict(self)
