"""A verdict: what one gate says of a candidate."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from airlock.evaluation.figures import to_json

#: Where a limit comes from that neither the spec nor a policy asks for.
OWN = "Airlock itself"


@dataclass(frozen=True)
class Verdict:
    """What one gate says.

    Attributes
    ----------
    gate
        Its name: a measure, `<disparity> by <attribute>`, `champion`, `rows` or `rows_of_each_class`.
    value, limit
        The figure and its bound; for the champion, by how much the candidate is worse and may be.
    origin
        Who asks: spec, policy or airlock.
    sentence
        All of it for a person.
    low, high
        The 95 % interval of the value; None where there is none.
    source
        The key and the file that the limit comes from.
    """

    gate: str
    passed: bool
    value: float
    limit: float | None
    origin: str
    sentence: str
    low: float | None = None
    high: float | None = None
    source: str = OWN

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as JSON; a value that is NaN becomes null."""
        return to_json(asdict(self))


def passed(verdicts: Iterable[Verdict]) -> bool:
    """Say whether there are verdicts and every one of them passed."""
    given = tuple(verdicts)
    return bool(given) and all(verdict.passed for verdict in given)
