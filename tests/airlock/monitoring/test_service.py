"""The scoring API in a night: what its counts come to, and which limits they cross."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from airlock.monitoring.finding import Finding
from airlock.monitoring.judging.service import judge
from airlock.monitoring.service import ServiceFigures, measure
from airlock.spec.service import BOUNDS_MS
from tests.airlock.monitoring.specs import spec

CALM = ServiceFigures(1050, 50, 2, 1.0, 5.0, 25.0)


def judged(figures: ServiceFigures | None, **limits: Any) -> tuple[Finding, ...]:
    return tuple(judge(spec(service=limits) if limits else spec(), figures))


@pytest.mark.parametrize("seed", range(5))
def test_a_quantile_is_the_first_bound_above_the_true_one(seed: int) -> None:
    taken = np.random.default_rng(seed).lognormal(1.0, 1.5, 5000)
    places = np.searchsorted(BOUNDS_MS, taken)
    seen = measure(5000, 0, 0, np.bincount(places, minlength=len(BOUNDS_MS) + 1).tolist())
    for share, bound in ((0.5, seen.p50_ms), (0.95, seen.p95_ms), (0.99, seen.p99_ms)):
        true = np.quantile(taken, share, method="inverted_cdf")
        assert bound == min(each for each in BOUNDS_MS if each >= true)


def test_what_is_slower_than_every_bound_has_none() -> None:
    assert measure(100, 0, 0, [98, *[0] * 13, 2]).p99_ms is None


def test_refusals_are_no_answers() -> None:
    seen = measure(300, 200, 10, [100, *[0] * 14])
    assert (seen.served, seen.failed) == (100, 0.1)
    assert measure(5, 5, 0, [0] * 15).p99_ms is None


def test_limits_that_are_kept_are_no_finding() -> None:
    assert judged(CALM, p99_ms=25, failures=0.002) == ()


def test_without_limits_nothing_is_judged() -> None:
    assert judged(replace(CALM, p99_ms=None, failures=900)) == ()


def test_a_slow_night_is_a_finding() -> None:
    (found,) = judged(CALM, p99_ms=10)
    assert (found.kind, found.key, found.value, found.limit, found.fault) == (
        "service", "service/p99_ms", 25.0, 10.0, False,
    )  # fmt: skip
    assert found.sentence == (
        "99 of 100 requests to the scoring API took up to 25 ms; limit 10 ms (1,000 requests)."
    )


def test_a_night_slower_than_every_bound_is_a_finding() -> None:
    (found,) = judged(replace(CALM, p99_ms=None), p99_ms=10000)
    assert "took more than 10000 ms" in found.sentence


def test_failures_are_a_finding() -> None:
    (found,) = judged(replace(CALM, failures=30), failures=0.01)
    assert (found.key, found.value) == ("service/failures", 0.03)
    assert found.sentence == "The scoring API failed 30 of 1,000 requests (3.0 %); limit 1.0 %."


@pytest.mark.parametrize("figures", [None, ServiceFigures(500, 401, 99, None, None, None)])
def test_a_night_with_few_requests_is_not_judged(figures: ServiceFigures | None) -> None:
    assert judged(figures, p99_ms=10, failures=0.0) == ()
