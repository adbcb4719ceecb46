"""What the figures of one request cost the scoring API: little, beside an answer of a millisecond."""

from bench.case import Case, Measured, timed
from bench.world import World

TIMES = 20_000


def ours(world: World) -> Measured:
    """Count a request and its row, in milliseconds a request."""
    from airlock.serving import metrics

    def count() -> None:
        for _ in range(TIMES):
            metrics.request("/v1/models/{model}/predict", "loans", 200, 0.0007)
            metrics.answered("loans", 1, "champion", "decision")

    return Measured(timed(count).value * 1000 / TIMES)


CASES = (
    Case(name="counting one request", unit="ms", ours=ours, limits={"a hundredth of a millisecond": 0.01}),
)
