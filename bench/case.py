"""A case: one job, done our way and as others do it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bench.world import World


@dataclass(frozen=True)
class Measured:
    """What one side of a case took; its memory where another process than the measured one did the work."""

    value: float
    peak_mb: float | None = None


Side = Callable[[World], Measured]

OURS = "ours"


@dataclass(frozen=True)
class Case:
    """One job.

    Attributes
    ----------
    unit
        What the figures count: `s`, `ms` and `MB` are better when lower, `rows/s` and
        `requests/s` when higher.
    peers
        Others that do the same job, each a row of the table.
    limits
        Figures that ours is held against where nobody else does the job, each a row too.
    runs, peer_runs
        How often each side is measured; the median counts.
    database
        Whether it needs PostgreSQL.
    """

    name: str
    unit: str
    ours: Side
    peers: Mapping[str, Side] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    runs: int = 3
    peer_runs: int = 3
    database: bool = False

    def side(self, name: str) -> Side:
        """Return ours, or a peer by its name."""
        return self.ours if name == OURS else self.peers[name]

    @property
    def higher_is_better(self) -> bool:
        """Whether the figures are rates."""
        return self.unit.endswith("/s")


def timed(work: Callable[[], object]) -> Measured:
    """Return how many seconds a piece of work takes on the clock."""
    began = time.perf_counter()
    work()
    return Measured(time.perf_counter() - began)
