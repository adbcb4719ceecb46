"""A thing on the way from a source to a prediction, and the tree it is shown as."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


class LineageError(Exception):
    """What was asked for is not on record, or is no name of anything."""


@dataclass(frozen=True)
class Thing:
    """One thing: what it is, what is known of it, and the things that hang on it.

    Attributes
    ----------
    kind, id
        Together its name, such as `version:credit_risk/3`.
    sentence
        What a person reads.
    facts
        What a program reads; plain JSON.
    """

    kind: str
    id: str
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple["Thing", ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the thing and everything that hangs on it as JSON."""
        return {
            "kind": self.kind,
            "id": self.id,
            "sentence": self.sentence,
            "facts": dict(self.facts),
            "parts": [part.to_json() for part in self.parts],
        }


def tree(thing: Thing) -> str:
    """Return a thing and everything that hangs on it, a line each.

    >>> print(tree(Thing("a", "1", "One.", parts=(Thing("b", "2", "Two."), Thing("b", "3", "Three.")))))
    a:1  One.
    ├─ b:2  Two.
    └─ b:3  Three.
    """
    return "\n".join([_line(thing), *_below(thing, "")])


def moment(at: datetime) -> str:
    """Return a moment as people read it.

    >>> moment(datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    '2026-01-02 03:04 UTC'
    """
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _line(thing: Thing) -> str:
    return f"{thing.kind}:{thing.id}  {' '.join(thing.sentence.split())}"


def _below(thing: Thing, indent: str) -> Iterator[str]:
    for part in thing.parts:
        last = part is thing.parts[-1]
        yield f"{indent}{'└─' if last else '├─'} {_line(part)}"
        yield from _below(part, f"{indent}{'   ' if last else '│  '}")
