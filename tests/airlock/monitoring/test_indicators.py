"""Indicators: which figures of the business are a finding, and that one which nobody knows is."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from airlock.monitoring.finding import Finding, asking_for_retraining
from airlock.monitoring.indicators import IndicatorFigure
from airlock.monitoring.judging.indicators import judge
from airlock.monitoring.matters import matters
from airlock.monitoring.severity import how_bad
from tests.airlock.monitoring.specs import spec

LOST = {
    "title": "Money lost",
    "unit": "% of the money lent",
    "source": {"sql": {"connection": "warehouse", "query": "SELECT 1 AS value"}},
    "at_most": 4,
}
WEEK = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC)
CALM = IndicatorFigure("lost", "Money lost", "% of the money lent", None, 4.0, *WEEK, 3.1)


def judged(*figures: IndicatorFigure, **changes: Any) -> tuple[Finding, ...]:
    return tuple(judge(spec(indicators={"lost": LOST | changes}), figures))


@pytest.mark.parametrize("value", [3.1, 4.0])
def test_a_figure_within_its_bound_is_no_finding(value: float) -> None:
    assert judged(replace(CALM, value=value)) == ()


def test_a_figure_beyond_its_bound_is_a_finding() -> None:
    (found,) = judged(replace(CALM, value=5.2))
    assert found == Finding(
        "indicator",
        "lost",
        5.2,
        4.0,
        "Money lost of 2026-03-01 00:00 until 2026-03-08 00:00 UTC is 5.2 % of the money lent; it must be "
        "at most 4 % of the money lent.",
        "indicator/lost",
    )
    assert how_bad(found) == "30 % above its limit"


def test_a_figure_must_be_high_enough_where_the_spec_says_so() -> None:
    low = replace(CALM, at_least=0.0, at_most=None)
    (found,) = judged(replace(low, value=-50.0), at_most=None, at_least=0)
    assert (found.value, found.limit, how_bad(found)) == (-50.0, 0.0, "50 below its limit")
    assert judged(replace(low, value=0.0), at_most=None, at_least=0) == ()


def test_a_figure_that_nobody_knows_is_a_finding() -> None:
    (found,) = judged(replace(CALM, value=None, reason="the database is gone."))
    assert (found.value, how_bad(found)) == (None, "not measurable")
    assert "cannot be known: the database is gone." in found.sentence


def test_an_indicator_that_was_not_measured_is_a_finding() -> None:
    (found,) = judged()
    assert found.sentence == "Money lost was not measured."


def test_it_asks_for_no_training_and_is_a_matter_of_its_own() -> None:
    found = judged(replace(CALM, value=5.2))
    assert asking_for_retraining(found) == ()
    wrong = Finding("suite", "lost", None, None, "", "suite/lost/range", fault=True)
    slow = Finding("service", "p99_ms", 250.0, 100.0, "", "service/p99_ms")
    assert [(one.kind, one.key) for one in matters("loans", [*found, wrong, slow])] == [
        ("indicator", "night/loans/indicator/lost"),
        ("data", "night/loans/data/lost"),
        ("service", "night/loans/service"),
    ]
