"""The figures of a real scoring API: counted by what happened, bounded, and one for all workers."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx
import pytest

from airlock.governance.predictions import COLUMNS
from airlock.serving import metrics
from airlock.serving.spool import folders
from airlock.serving.spool.lines import sealed
from airlock.serving.spool.turns import Turns
from tests.airlock.serving.conftest import World
from tests.airlock.serving.figures import figure, figures
from tests.airlock.serving.scoring_api import PREDICT, ROOT, ScoringApi, scoring_api, wait_until

ROUTE = "/v1/models/{model}/predict"
DASHBOARD = ROOT / "docker/grafana/dashboards/scoring.json"


@pytest.fixture(scope="module")
def several(
    world: World, new_airlock_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ScoringApi]:
    """A scoring API of two workers."""
    logs = tmp_path_factory.mktemp("logs")
    with scoring_api(new_airlock_database(), world.store, logs, workers=2) as running:
        running.deploy(world.linear, 1)
        wait_until(lambda: running.client.get("/readyz").is_success, "it is ready")
        yield running


def test_a_request_is_counted_and_timed_by_route_model_and_status(api: ScoringApi, world: World) -> None:
    before = figure(api, "airlock_scoring_requests_total", route=ROUTE, model="loans", status="200")
    timed = figure(api, "airlock_scoring_request_seconds_count", route=ROUTE, model="loans")
    assert api.predict({"features": world.rows[0]}).is_success
    after = figure(api, "airlock_scoring_requests_total", route=ROUTE, model="loans", status="200")
    assert after == before + 1
    assert figure(api, "airlock_scoring_request_seconds_count", route=ROUTE, model="loans") == timed + 1


def test_rows_are_counted_by_version_way_and_purpose(api: ScoringApi, world: World) -> None:
    of = {"model": "loans", "version": "1", "way": "champion"}
    decided = figure(api, "airlock_scoring_rows_total", purpose="decision", **of)
    tried = figure(api, "airlock_scoring_rows_total", purpose="smoke_test", **of)
    rows = [{"features": row} for row in world.rows[:3]]
    assert api.predict(*rows).is_success
    assert api.predict(*rows[:2], purpose="smoke_test").is_success
    assert figure(api, "airlock_scoring_rows_total", purpose="decision", **of) == decided + 3
    assert figure(api, "airlock_scoring_rows_total", purpose="smoke_test", **of) == tried + 2


def test_refusals_are_counted_by_kind(api: ScoringApi) -> None:
    kinds = ("unknown", "wrong_rows", "too_large", "no_key")
    before = {kind: figure(api, "airlock_scoring_refusals_total", kind=kind) for kind in kinds}
    api.client.post("/v1/models/nothing/predict", json={"rows": [{"features": {}}]})
    api.predict({"features": {}})
    api.client.post(PREDICT, content=b"x" * (5 * 1024 * 1024))
    api.client.get("/v1/models", headers={"Authorization": "Bearer alk_wrong"})
    after = {kind: figure(api, "airlock_scoring_refusals_total", kind=kind) for kind in kinds}
    assert after == {kind: count + 1 for kind, count in before.items()}


def test_names_that_anybody_can_make_up_become_no_label(api: ScoringApi) -> None:
    for name in ("made_up_1", "made_up_2"):
        api.client.post(f"/v1/models/{name}/predict", json={"rows": [{"features": {}}]})
        api.client.get(f"/{name}")
        api.client.get(f"/v1/models/{name}", headers={"Authorization": "Bearer nobody"})
    assert "made_up" not in api.client.get("/metrics").text


def test_answers_that_postgresql_will_never_take_are_counted(api: ScoringApi) -> None:
    assert figure(api, "airlock_scoring_spool_refused") == 0
    killed = folders.own(api.spool)
    Turns(killed.path, COLUMNS, 1000).append(sealed(["no prediction\n"]))
    killed.release()
    wait_until(lambda: figure(api, "airlock_scoring_spool_refused") == 1, "it is set aside and counted")


def test_it_says_what_the_process_is(api: ScoringApi) -> None:
    assert figure(api, "airlock_scoring_ready") == 1
    assert figure(api, "airlock_scoring_serves", model="loans", version="1", way="champion") == 1
    assert 20e6 < figure(api, "airlock_scoring_memory_bytes") < 400e6
    assert figure(api, "airlock_scoring_cpu_seconds_total") > 0


def test_a_version_that_was_replaced_serves_no_more(own_api: ScoringApi, world: World) -> None:
    own_api.deploy(world.linear, 1)
    wait_until(lambda: figure(own_api, "airlock_scoring_serves", version="1") == 1, "version 1 serves")
    own_api.deploy(world.trees, 2)
    wait_until(lambda: figure(own_api, "airlock_scoring_serves", version="2") == 1, "version 2 serves")
    assert figure(own_api, "airlock_scoring_serves", version="1") == 0


def test_prometheus_needs_no_key(api: ScoringApi) -> None:
    answer = api.client.get("/metrics", headers={"Authorization": ""})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_everything_that_the_dashboard_shows_is_given(api: ScoringApi, world: World) -> None:
    api.predict({"features": world.rows[0]})
    api.predict({"features": {}})
    given = figures(api)
    dashboard = json.loads(DASHBOARD.read_text())
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    asked += dashboard["templating"]["list"][0]["query"]["query"]
    names = set(re.findall(r"airlock_scoring_\w+", asked))
    # What a model without a challenger never counts.
    of_challengers = {"airlock_scoring_challenger_failures_total", "airlock_scoring_shadow_dropped_total"}
    assert of_challengers < names <= set(given) | of_challengers
    metrics.challenger_failed("loans", 2, 1)
    metrics.shadow_dropped("loans", 2, 1)
    assert all(
        f'\n{name}{{model="loans",version="2"}} ' in metrics.exposition().decode() for name in of_challengers
    )
    labels = {label for samples in given.values() for has in samples for label, _ in has}
    grouped = {word for by in re.findall(r"by \(([^)]*)\)", asked) for word in by.split(", ")}
    assert grouped <= labels | {"instance"}


def test_several_workers_are_one_and_one_that_was_killed_keeps_its_counts(
    several: ScoringApi, world: World
) -> None:
    def counted() -> float:
        return figure(several, "airlock_scoring_rows_total", purpose="decision")

    def workers() -> set[str]:
        with suppress(httpx.TransportError):  # it was asked of the one that was killed
            return {dict(has)["pid"] for has in figures(several)["airlock_scoring_memory_bytes"]}
        return set()

    wait_until(lambda: len(workers()) == 2, "both workers tell of themselves")
    for row in world.rows:
        several.client.post(
            PREDICT, json={"rows": [{"features": row}]}, headers={"Connection": "close"}
        ).raise_for_status()
    assert counted() == len(world.rows)
    before = workers()
    os.kill(int(min(before)), signal.SIGKILL)
    wait_until(lambda: len(workers() - before) == 1 and len(workers()) == 2, "another took its place")
    assert counted() == len(world.rows)
    wait_until(
        lambda: figure(several, "airlock_scoring_serves", version="1") == 2, "version 1 serves in both"
    )
