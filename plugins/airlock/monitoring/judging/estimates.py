"""Whether the answers will come true too seldom, by estimate."""

from collections.abc import Iterator

from airlock.monitoring.estimate import Estimates
from airlock.monitoring.finding import Finding
from airlock.monitoring.sentences import estimate_sentence
from airlock.spec import ModelSpec
from airlock.spec.bounds import bound_of, surely_breaks


def judge(spec: ModelSpec, estimates: Estimates | None) -> Iterator[Finding]:
    """Yield the limits of performance that even the good end of an estimate does not keep."""
    asked = spec.monitoring.performance
    pending = estimates.pending if estimates else None
    if asked is None or estimates is None or pending is None or pending.metrics is None:
        return
    for bound in asked.limits:
        value = pending.metrics.get(bound.metric)
        if value is not None and surely_breaks(bound, value.low, value.high):
            sentence = estimate_sentence(estimates, bound)
            yield Finding(
                "estimate", bound.metric, value.mean, bound_of(bound), sentence, f"estimate/{bound.metric}"
            )
