"""A night's business and the API's service: measured as of its end, judged, on record, and the same again."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.engine import Engine

from airlock.chain.night_indicators import measure_indicators
from airlock.data.window import night_of
from airlock.governance import api_hours
from airlock.governance.api_hours import ApiHour
from airlock.governance.nights import Night
from airlock.spec import ModelSpec
from airlock.spec.service import BOUNDS
from tests.airlock.chain.nights import watched
from tests.airlock.lender import ALSO_CALM, CALM, DAY, Lender, Trained, deployed

KNOWN = "SELECT count(*) AS value FROM loans WHERE asked_at >= :start AND asked_at < :end"
LATE = "SELECT extract(epoch FROM :as_of)::float8 AS value"
BROKEN = "SELECT nothing AS value FROM nowhere"


@pytest.fixture
def champion(trained: Trained, engine: Engine) -> Engine:
    """A database whose champion is version 1."""
    deployed(engine, trained.package("linear"))
    return engine


def watching(lender: Lender, **monitoring: Any) -> ModelSpec:
    """Return the lender's spec without scoring by night, with more to be watched."""
    made = lender.spec.model_dump(mode="json")
    watched = made["monitoring"] | monitoring
    return ModelSpec.model_validate(
        made | {"name": "loans", "deployment": {"way": made["deployment"]["way"]}, "monitoring": watched}
    )


def asking(query: str, **more: Any) -> dict[str, Any]:
    source = {"sql": {"connection": "warehouse", "query": query}}
    return {"title": "Loans asked for", "unit": "loans", "source": source, "at_most": 1000} | more


def kinds(night: Night) -> list[tuple[str, str]]:
    return [(finding["kind"], finding["column"]) for finding in night.findings]


def counted(engine: Engine, *, slow: int = 0, failures: int = 0, worker: int = 1) -> None:
    """Count 200 requests at noon of the calm night, most of them quick."""
    buckets = [200 - slow, *[0] * (len(BOUNDS) - 1), slow]
    hour = ApiHour("loans", CALM - DAY / 2, UUID(int=worker), 220, failures, 20, buckets)
    with engine.begin() as conn:
        api_hours.write(conn, [hour])


def test_figures_are_of_their_window_as_known_at_the_night_s_end(lender: Lender, champion: Engine) -> None:
    spec = watching(
        lender,
        indicators={
            "asked": asking(KNOWN, window="2d", delay="1d"),
            "late": asking(LATE, at_most=1e12),
            "broken": asking(BROKEN),
        },
    )
    night = watched(lender, champion, ALSO_CALM, spec)
    found = night.measures["indicators"]
    assert list(found) == ["asked", "late", "broken"]
    assert found["asked"]["value"] == 480.0
    assert (found["asked"]["start"], found["asked"]["end"]) == (
        (ALSO_CALM - 3 * DAY).isoformat(),
        (ALSO_CALM - DAY).isoformat(),
    )
    assert found["late"]["value"] == ALSO_CALM.timestamp()
    assert kinds(night) == [("indicator", "broken")]
    assert "monitoring.indicators.broken.source.sql.query" in night.findings[0]["sentence"]
    assert night.measures["cause"] is None
    assert watched(lender, champion, ALSO_CALM, spec, at=night.measured_at + timedelta(days=9)) == night


def test_a_source_that_breaks_in_an_unknown_way_keeps_no_other_figure_away(
    lender: Lender, tmp_path: Path
) -> None:
    def connect(name: str) -> Engine:
        return lender.warehouse if name == "warehouse" else _endless()

    odd = {"sql": {"connection": "odd", "query": KNOWN}}
    spec = watching(lender, indicators={"odd": asking(KNOWN, source=odd), "asked": asking(KNOWN)})
    found = measure_indicators(spec, night_of(CALM), lender.models, connect)
    assert [(one.name, one.value is None) for one in found] == [("odd", True), ("asked", False)]
    assert found[0].reason == "its source failed with AttributeError."


def _endless() -> Any:
    """Return what is no engine at all."""
    return object()


def test_what_the_catalogue_refuses_is_not_read(lender: Lender) -> None:
    spec = watching(lender, indicators={"asked": asking(KNOWN)})
    use = {"catalogue": {"source": "nowhere", "purpose": "credit_decisions"}}
    refused = spec.model_copy(update={"data": spec.data.model_validate(spec.data.model_dump() | use)})
    (found,) = measure_indicators(refused, night_of(CALM), lender.models, lender.connect)
    assert found.value is None
    assert found.reason is not None and "'nowhere' is no entry of the catalogue." in found.reason


def test_the_api_s_hours_of_every_worker_are_one_night(lender: Lender, champion: Engine) -> None:
    counted(champion)
    counted(champion, slow=10, failures=10, worker=2)
    night = watched(lender, champion, CALM, watching(lender))
    assert night.measures["service"] == {
        "requests": 440, "refusals": 40, "failures": 10, "p50_ms": 0.5, "p95_ms": 0.5, "p99_ms": None,
    }  # fmt: skip
    assert night.findings == []
    assert watched(lender, champion, ALSO_CALM, watching(lender)).measures["service"] is None


def test_a_night_of_failures_is_a_finding_and_no_cause(lender: Lender, champion: Engine) -> None:
    counted(champion, slow=10, failures=10)
    limits = {"p99_ms": 100, "failures": 0.01}
    night = watched(lender, champion, CALM, watching(lender, service=limits))
    assert kinds(night) == [("service", "p99_ms"), ("service", "failures")]
    assert night.measures["cause"] is None
