"""Differences: what was found otherwise than the records say, in sentences for the person who is to act."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "alias_moved",
    "version_deleted",
    "version_changed",
    "unapproved_deployment",
    "champion_retired",
    "unapproved_challenger",
    "wrong_answer",
    "package_changed",
    "dossier_changed",
    "unchecked",
]

#: Differences that nothing undoes and that change nothing in production: a person may accept them for good.
LASTING: tuple[Kind, ...] = ("version_deleted",)


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the records say.

    Attributes
    ----------
    kind, about
        What kind of thing, and which one; together they are the `key` that an incident is known by.
    sentence
        What the record says, what was found, and where.
    mend
        What a restore does, or what a person must do where there is none.
    restorable
        Whether the Dag `restore` mends it in one step.
    facts
        Versions and digests, as plain JSON.
    """

    kind: Kind
    about: str
    model: str | None
    sentence: str
    mend: str
    restorable: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What an incident about it is known by: found again, it is the same.

        >>> Difference("alias_moved", "loans/champion", "loans", "It was moved.", "Move it back.").key
        'alias_moved/loans/champion'
        """
        return f"{self.kind}/{self.about}"


def unchecked(about: str, hides: tuple[Kind, ...], sentence: str, mend: str) -> Difference:
    """Return that something could not be looked at: differences of the kinds it hides may be there."""
    return Difference("unchecked", about, None, sentence, mend, facts={"hides": list(hides)})
