"""Whether the answers came true often enough."""

from collections.abc import Iterator

from airlock.monitoring.finding import Finding
from airlock.monitoring.performance import Performance
from airlock.monitoring.sentences import performance_sentence, side
from airlock.spec import ModelSpec
from airlock.spec.bounds import bound_of, keeps


def judge(spec: ModelSpec, performance: Performance | None) -> Iterator[Finding]:
    """Yield the limits that metrics over the outcomes do not keep; outcomes that are late cross none."""
    asked = spec.monitoring.performance
    if asked is None or performance is None or performance.metrics is None:
        return
    for bound in asked.limits:
        value = performance.metrics.get(bound.metric)
        if not keeps(bound, value):
            sentence = performance_sentence(performance, bound.metric, value, side(bound))
            yield Finding(
                "performance", bound.metric, value, bound_of(bound), sentence, f"performance/{bound.metric}"
            )
