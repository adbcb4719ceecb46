"""The page of the scoring API: a real one's figures, and plain words where there is none."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from fastapi.testclient import TestClient

from airlock.governance.grants import READER
from tests.airlock.database_roles import as_role
from tests.airlock.loans import LINEAR, loan_spec, loans
from tests.airlock.packaging import fit_and_build
from tests.airlock.serving.scoring_api import ScoringApi, scoring_api, wait_until

PAGE = "/airlock/scoring"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def api(
    new_airlock_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ScoringApi, str]]:
    """A scoring API that answered two rows and refused a request, and its database."""
    folder, database = tmp_path_factory.mktemp("scoring"), new_airlock_database()
    package = fit_and_build(loan_spec(candidates={"linear": LINEAR}), "linear", loans(), folder)[1]
    rows = loans(2, seed=5).select(list(package.signature.kinds)).to_pylist()
    with scoring_api(database, folder / "store", folder) as running:
        running.deploy(package, 1)
        wait_until(lambda: running.client.get("/readyz").is_success, "it is ready")
        running.predict(*[{"features": row} for row in rows]).raise_for_status()
        running.predict({"features": {}})
        running.logged()
        yield running, database


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., str]]:
    """A way to run something at an address that is no scoring API."""
    servers: list[HTTPServer] = []

    def run(status: int, said: str, health: int = 200) -> str:
        class Says(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(health if self.path == "/healthz" else status)
                self.end_headers()
                self.wfile.write(said.encode())

            def log_message(self, *_: Any) -> None:
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Says))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


def test_nobody_sees_it_without_a_login(anonymous: TestClient) -> None:
    assert anonymous.get(PAGE).status_code == 401


def test_it_shows_what_the_api_tells_and_what_the_log_holds(
    browser: TestClient, api: tuple[ScoringApi, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, database = api
    monkeypatch.setenv("AIRLOCK_SCORING_URL", str(running.client.base_url))
    monkeypatch.setenv("AIRLOCK_DATABASE_URL", as_role(READER, database))
    page = browser.get(PAGE).text
    assert '<b class="good">yes</b>' in page
    assert "wrong_rows <b>1</b>" in page
    assert '<td class="num">50.00 %</td>' in page and " ms</td>" in page
    assert "champion" in page and '<span class="good">serves</span>' in page
    assert "MB" in page and "(1 worker)" in page
    hours = page[page.index("Decisions by the hour") :]
    assert '<td class="num">1</td>\n<td>airlock</td><td class="num">2</td>' in hours


def test_an_api_that_is_away_is_said_plainly(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_SCORING_URL", "http://127.0.0.1:9")
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    assert "The scoring API does not answer:</b> it cannot be reached (ConnectError)." in answer.text
    assert "Nothing was decided on request in the last 24 hours." in answer.text


def test_copies_behind_a_proxy_are_no_trouble(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch, elsewhere: Callable[..., str]
) -> None:
    monkeypatch.setenv("AIRLOCK_SCORING_URL", elsewhere(404, ""))
    page = browser.get(PAGE).text
    assert "behind a proxy" in page and "Prometheus" in page
    assert "does not answer" not in page and 'class="bad"' not in page
    assert "Nothing was decided on request in the last 24 hours." in page


@pytest.mark.parametrize("health", [404, 503])
def test_a_proxy_without_a_copy_that_is_well_is_trouble(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch, elsewhere: Callable[..., str], health: int
) -> None:
    monkeypatch.setenv("AIRLOCK_SCORING_URL", elsewhere(404, "", health))
    assert f"does not answer:</b> it answers with status {health}." in browser.get(PAGE).text


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (500, "", "it answers with status 500"),
        (200, EVIL, "no figures of a scoring API"),
        (200, "other_metric 1\n", "no figures of a scoring API"),
    ],
)
def test_what_is_no_scoring_api_is_not_taken_for_one(
    browser: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    elsewhere: Callable[[int, str], str],
    status: int,
    said: str,
    words: str,
) -> None:
    monkeypatch.setenv("AIRLOCK_SCORING_URL", elsewhere(status, said))
    assert words in browser.get(PAGE).text


def test_what_the_api_says_is_never_markup(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch, elsewhere: Callable[[int, str], str]
) -> None:
    labels = f'model="{EVIL}",version="{EVIL}",way="{EVIL}",purpose="{EVIL}"'
    said = f"airlock_scoring_ready 1\nairlock_scoring_rows_total{{{labels}}} 1\n"
    monkeypatch.setenv("AIRLOCK_SCORING_URL", elsewhere(200, said))
    page = browser.get(PAGE).text
    assert EVIL not in page and "&lt;script&gt;" in page


def test_the_models_page_leads_to_it(browser: TestClient) -> None:
    assert 'href="./scoring"' in browser.get("/airlock/").text
