"""What a spec may ask of the business and of the scoring API."""

from typing import Any

import pytest
from pydantic import ValidationError

from airlock.spec.indicators import Indicator
from airlock.spec.monitoring import Monitoring
from airlock.spec.service import Service

SQL = {"sql": {"connection": "warehouse", "query": "SELECT 1 AS value"}}
LOST: dict[str, Any] = {"title": "Money lost", "unit": "EUR", "source": SQL, "at_most": 4}


def test_a_week_that_is_known_at_once_is_the_default() -> None:
    indicator = Indicator.model_validate(LOST)
    assert (indicator.window.days, indicator.delay.days, indicator.at_least) == (7, 0, None)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"at_most": None}, "an indicator has one bound"),
        ({"at_least": 1}, "an indicator has one bound"),
        ({"source": {}}, "none is given"),
        ({"source": SQL | {"callable": {"function": "a.b"}}}, "both are given"),
        ({"source": {"file": {"path": "a", "format": "csv"}}}, "Extra inputs"),
        ({"window": "0d"}, "no time at all"),
        ({"at_most": float("nan")}, "finite number"),
        ({"title": "a\nb"}, "line break"),
    ],
)
def test_an_indicator_that_says_nothing_sure_is_refused(changes: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValidationError, match=wrong):
        Indicator.model_validate(LOST | changes)


@pytest.mark.parametrize("name", ["Lost", "lost money", "a/b", ""])
def test_a_name_can_stand_in_a_key(name: str) -> None:
    with pytest.raises(ValidationError, match="should match pattern"):
        Monitoring.model_validate({"indicators": {name: LOST}})


@pytest.mark.parametrize(
    ("limits", "wrong"),
    [
        ({}, "judges nothing"),
        ({"p99_ms": 80}, "80 ms is no bound that the scoring API counts by. Write one of 0.5, 1, 2, 5"),
        ({"failures": 1.0}, "less than 1"),
        ({"failures": 0.01, "minimum_requests": 5}, "greater than or equal to 20"),
    ],
)
def test_a_service_that_cannot_be_judged_is_refused(limits: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValidationError, match=wrong):
        Service.model_validate(limits)


@pytest.mark.parametrize("bound", [0.5, 100, 10000])
def test_a_bound_of_the_api_is_a_limit(bound: float) -> None:
    assert Service(p99_ms=bound).p99_ms == bound
