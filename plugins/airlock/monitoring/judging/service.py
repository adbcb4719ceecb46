"""Whether the scoring API answered fast enough, and seldom failed."""

from collections.abc import Iterator

from airlock.monitoring.finding import Finding
from airlock.monitoring.sentences import percent
from airlock.monitoring.service import ServiceFigures
from airlock.spec import ModelSpec
from airlock.spec.service import BOUNDS_MS


def judge(spec: ModelSpec, service: ServiceFigures | None) -> Iterator[Finding]:
    """Yield the limits that the API did not keep; a night with few requests cannot say so."""
    asked = spec.monitoring.service
    if asked is None or service is None or service.served < asked.minimum_requests:
        return
    if asked.p99_ms is not None and (service.p99_ms is None or service.p99_ms > asked.p99_ms):
        took = f"up to {service.p99_ms:g} ms" if service.p99_ms else f"more than {BOUNDS_MS[-1]:g} ms"
        sentence = (
            f"99 of 100 requests to the scoring API took {took}; limit {asked.p99_ms:g} ms "
            f"({service.served:,} requests)."
        )
        value = service.p99_ms or BOUNDS_MS[-1]
        yield Finding("service", "p99_ms", value, asked.p99_ms, sentence, "service/p99_ms")
    if asked.failures is not None and service.failed > asked.failures:
        sentence = (
            f"The scoring API failed {service.failures:,} of {service.served:,} requests "
            f"({percent(service.failed)}); limit {percent(asked.failures)}."
        )
        yield Finding("service", "failures", service.failed, asked.failures, sentence, "service/failures")
