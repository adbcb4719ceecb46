"""Versions side by side through the real API: nothing is lost, and nothing unapproved answers."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from threading import Event

import pytest

from airlock.data.window import Window
from airlock.governance.challengers import active, end, step
from airlock.governance.predictions import of_window
from airlock.governance.withdrawal import withdraw
from airlock.serving.routing import is_challengers
from tests.airlock.serving.scoring_api import ScoringApi, scoring_api, wait_until

NUMBERS = count(1)


@pytest.fixture(scope="module")
def running(world, new_airlock_database, tmp_path_factory) -> Iterator[ScoringApi]:
    with scoring_api(new_airlock_database(), world.store, tmp_path_factory.mktemp("logs")) as api:
        yield api


@pytest.fixture
def api(running, world) -> Iterator[ScoringApi]:
    """A running API where a new version of the linear package serves, alone."""
    version = next(NUMBERS)
    running.deploy(world.linear, version)
    wait_until(lambda: shown(running).get("version") == version, "the new version serves")
    yield running
    finish(running)


def now():
    return datetime.now(UTC)


def finish(api, outcome="stopped"):
    with api.engine.begin() as conn:
        challenger = active(conn, "loans")
        if challenger is not None:
            end(conn, challenger, outcome=outcome, because="the test is over", at=now())


def shown(api):
    return api.client.get("/v1/models/loans").json()


def challenge(api, package, way="canary", share=0.5):
    made = api.challenge(package, next(NUMBERS), way, share)
    wait_until(lambda: (shown(api)["challenger"] or {}).get("available"), "the challenger runs")
    return made


def applicants(world, several):
    return [{"features": world.rows[n % len(world.rows)], "entity_key": f"L{n}"} for n in range(several)]


def test_a_canary_answers_its_share_and_the_log_says_who_answered(api, world):
    made = challenge(api, world.trees, share=0.1)
    body = api.predict(*applicants(world, 200)).json()
    answers = body["predictions"]
    theirs = {f"L{n}" for n in range(200) if is_challengers(0.1, "loans", made.release_id, f"L{n}")}
    assert {one["entity_key"] for one in answers if one["version"] == made.version} == theirs
    assert body["version"] == made.version - 1
    kept = {str(row.id): (row.version, row.purpose) for row in api.logged("id, version, purpose")}
    assert all(kept[one["id"]] == (one["version"], "decision") for one in answers)
    with api.engine.begin() as conn:
        step(conn, made, share=0.5, step=2, at=now())
    wait_until(lambda: shown(api)["challenger"]["share"] == 0.5, "the share rises")
    after = api.predict(*applicants(world, 200)).json()["predictions"]
    assert theirs < {one["entity_key"] for one in after if one["version"] == made.version}


def test_what_runs_beside_the_champion_is_shown(api, world):
    assert shown(api)["challenger"] is None
    made = challenge(api, world.trees, "ab", 0.25)
    (listed,) = api.client.get("/v1/models").json()
    since = datetime.fromisoformat(listed["challenger"].pop("since"))
    assert since == made.started_at
    assert listed["challenger"] == {
        "version": made.version,
        "way": "ab",
        "share": 0.25,
        "package_digest": world.trees.digest,
        "available": True,
        "reason": "",
        "dropped": 0,
    }


def test_a_shadow_is_logged_beside_what_was_answered_and_counts_nowhere_else(api, world):
    made = challenge(api, world.trees, "shadow", 0)
    answers = api.predict(*applicants(world, 8)).json()["predictions"]
    assert {one["version"] for one in answers} == {made.version - 1}

    def shadows():
        kept = api.logged("version, purpose, run_key, score, prediction, entity_key")
        return [row for row in kept if (row.version, row.purpose) == (made.version, "shadow")]

    wait_until(lambda: len(shadows()) == 8, "the shadow's answers are logged")
    by_answer = {row.run_key: row for row in shadows()}
    for one, (score, prediction) in zip(answers, world.answers(world.trees), strict=True):
        row = by_answer[one["id"]]
        assert (row.entity_key, row.prediction) == (one["entity_key"], prediction)
        assert row.score == pytest.approx(score, abs=1e-12)
    with api.engine.connect() as conn:
        kinds = world.linear.signature.kinds
        table = of_window(conn, "loans", Window(None, None), kinds=kinds, store=world.store)
    assert made.version not in table["version"].to_pylist()


def test_a_smoke_test_may_name_the_challenger_and_a_decision_may_not(api, world):
    made = challenge(api, world.trees, "shadow", 0)
    rows = applicants(world, 3)
    reply = api.predict(*rows, purpose="smoke_test", version=made.version)
    assert {one["version"] for one in reply.json()["predictions"]} == {made.version}
    reply = api.predict(*rows, version=made.version)
    assert (reply.status_code, reply.json()["problems"][0]["field"]) == (422, "version")
    assert "for smoke tests alone" in reply.json()["detail"]
    reply = api.predict(*rows, purpose="smoke_test", version=9999)
    assert (reply.status_code, "version 9999 does not serve" in reply.json()["detail"]) == (404, True)


def test_a_new_version_may_be_named_as_soon_as_it_is_recorded(api, world):
    made = api.challenge(world.trees, next(NUMBERS))
    reply = api.predict(*applicants(world, 1), purpose="smoke_test", version=made.version)
    assert reply.status_code == 200, reply.text


class Truth:
    """Which versions could answer, and when: from before a commit until the API shows that they are gone."""

    def __init__(self):
        self.spans = []

    def begins(self, version):
        self.spans.append([version, time.monotonic(), float("inf")])

    def ended(self, version):
        for span in self.spans:
            if span[0] == version:
                span[2] = min(span[2], time.monotonic())

    def allows(self, version, asked, answered):
        return any(one == version and begun <= answered and asked <= over for one, begun, over in self.spans)


def test_no_request_is_lost_or_answered_by_what_was_not_released_while_versions_change(api, world):
    done, truth = Event(), Truth()
    truth.begins(shown(api)["version"])

    def ask_all_the_time(thread):
        seen = []
        for turn in count():
            if done.is_set():
                return seen
            asked = time.monotonic()
            rows = [{"features": world.rows[n], "entity_key": f"{thread}-{turn}-{n}"} for n in range(2)]
            seen.append((asked, api.predict(*rows), time.monotonic()))

    def shows(version, key="version"):
        wait_until(lambda: shown(api)[key] == version, f"{key} is {version}")

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask_all_the_time, n) for n in range(4)]
        for package in (world.trees, world.linear):
            before, version = shown(api)["version"], next(NUMBERS)
            truth.begins(version)
            champion = api.deploy(package, version)
            shows(version)
            truth.ended(before)

            if package is world.trees:  # it is taken back, and the version before serves again
                truth.begins(before)
                with api.engine.begin() as conn:
                    withdraw(conn, champion, "the smoke test failed", now())
                shows(before)
                truth.ended(version)

            version = next(NUMBERS)
            truth.begins(version)
            made = api.challenge(package, version, share=0.3)
            wait_until(lambda: (shown(api)["challenger"] or {}).get("available"), "the challenger runs")
            with api.engine.begin() as conn:
                made = step(conn, made, share=0.7, step=2, at=now())
            wait_until(lambda: shown(api)["challenger"]["share"] == 0.7, "the share rises")
            with api.engine.begin() as conn:
                end(conn, made, outcome="broke", because="it failed", at=now())
            shows(None, "challenger")
            truth.ended(version)
        done.set()
        replies = [one for future in asking for one in future.result()]
    assert {reply.status_code for _, reply, _ in replies} == {200}
    answered_by = set()
    for asked, reply, answered in replies:
        for one in reply.json()["predictions"]:
            answered_by.add(one["version"])
            assert truth.allows(one["version"], asked, answered), one["version"]
    assert len(answered_by) >= 4


def test_a_terminated_api_answers_everything_that_it_took(world, airlock_database, tmp_path):
    with scoring_api(airlock_database, world.store, tmp_path) as api:
        api.deploy(world.linear, 1)
        api.challenge(world.trees, 2, "shadow", 0)
        wait_until(lambda: (shown(api).get("challenger") or {}).get("available"), "the challenger runs")
        rows = applicants(world, 900)
        with ThreadPoolExecutor(6) as threads:
            asking = [threads.submit(api.predict, *rows) for _ in range(6)]
            wait_until(lambda: api.logged("id"), "the first are answered")
            api.process.send_signal(signal.SIGTERM)
            outcomes = [future.exception() or future.result() for future in asking]
        api.process.wait(timeout=60)
        taken = [one for one in outcomes if not isinstance(one, Exception)]
        assert taken
        assert {reply.status_code for reply in taken} == {200}
        kept = {str(row.id) for row in api.logged("id")}
        assert {one["id"] for reply in taken for one in reply.json()["predictions"]} <= kept
        assert "Traceback" not in api.log_file.read_text()
