"""How the scoring API answered a model's requests in a night."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

from airlock.spec.service import BOUNDS_MS


@dataclass(frozen=True)
class ServiceFigures:
    """What a night's requests came to.

    Attributes
    ----------
    requests, refusals
        How many there were, and how many of them were refused (4xx): the asker's fault, so that the other
        figures leave them out.
    failures
        How many failed by the API's own fault (5xx).
    p50_ms, p95_ms, p99_ms
        Within how many milliseconds so many of 100 were over. The API counts by bounds, so that each is the
        first bound which that share kept: what it truly was lies between the bound before and this one. None
        where it was above the last bound, or nothing was answered.
    """

    requests: int
    refusals: int
    failures: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None

    @property
    def served(self) -> int:
        """How many requests were answered, or failed."""
        return self.requests - self.refusals

    @property
    def failed(self) -> float:
        """The share of them that failed."""
        return self.failures / self.served if self.served else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return asdict(self)


def measure(requests: int, refusals: int, failures: int, buckets: Sequence[int]) -> ServiceFigures:
    """Return the figures of counts.

    Parameters
    ----------
    buckets
        Of the requests that were not refused, how many lie in each of `BOUNDS_MS` and above the one before;
        slower ones last.

    Examples
    --------
    >>> seen = measure(110, 10, 1, [0, 0, 90, 5, 4, *[0] * 9, 1])
    >>> seen.p50_ms, seen.p95_ms, seen.p99_ms, seen.failed
    (2.0, 5.0, 10.0, 0.01)
    """
    sums = tuple(accumulate(buckets))
    return ServiceFigures(requests, refusals, failures, *(_bound(sums, share) for share in (50, 95, 99)))


def _bound(sums: Sequence[int], of_hundred: int) -> float | None:
    """Return the first bound that so many of 100 kept; the integers make it exact."""
    place = bisect_left([100 * count for count in sums], of_hundred * sums[-1])
    return BOUNDS_MS[place] if sums[-1] and place < len(BOUNDS_MS) else None
