"""Every route there is, on a real Airflow: who may ask it, and that an auditor changes nothing at all."""

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import jwt
import pytest

from tests.airlock.ui.airflow_server import AirflowServer

#: What stands for the parts of an address. A route with a part that is not here fails until it is.
PARTS = {
    "name": "credit_risk",
    "model": "credit_risk",
    "number": "1",
    "kind": "version",
    "digest": "9" * 64,
    "file": "dossier.html",
    "path": "nights/2026-11-01.html",
}
QUERIES = {"/dossiers/run": "?dag=credit_risk.release&run=nobodys"}
OTHER_METHODS = ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FORGED = "forged"

#: Airflow's own routes that anybody may ask.
OPEN = {"/api/v2/monitor/health", "/api/v2/version"}
#: They lead to the login, and change nothing.
LOGIN = {"/api/v2/auth/login", "/api/v2/auth/logout"}
#: They are asked by POST and only read.
READS = {
    "post /api/v2/dags/{dag_id}/dagRuns/list",
    "post /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/list",
}
#: A list of Dags that is the reader's own and that nobody else sees.
OWN = {"post /api/v2/dags/{dag_id}/favorite", "post /api/v2/dags/{dag_id}/unfavorite"}
DAG = "loans.release"
#: What Airflow reads before it asks who may: a request that would be carried out.
BODIES: Mapping[str, Any] = {
    "variables": {"action": "create", "entities": [{"key": "auditor", "value": "was here"}]},
    "pools": {"action": "create", "entities": [{"name": "auditor", "slots": 1}]},
    "connections": {"action": "create", "entities": [{"connection_id": "auditor", "conn_type": "http"}]},
    "dagRuns": {"action": "delete", "entities": [{"dag_id": DAG, "dag_run_id": "any"}]},
    "enqueue-test": {"connection_id": "auditor", "conn_type": "http"},
    "clearDagRuns": {"dag_runs": [{"dag_id": DAG, "dag_run_id": "any"}], "dry_run": False},
}
#: What browsers and workers ask of Airflow beside its documented API.
INNER = (
    ("GET", "/ui/config"),
    ("GET", "/ui/auth/menus"),
    ("GET", "/ui/dags"),
    ("POST", "/ui/auth/token"),
    ("GET", "/execution/variables/any"),
    ("PUT", "/execution/variables/any"),
    ("DELETE", "/execution/variables/any"),
    ("GET", "/execution/connections/warehouse"),
    ("POST", f"/execution/dag-runs/{DAG}/any"),
    ("PATCH", "/execution/task-instances/0f7c3a52-6a5e-4f3e-9d1b-3c1f0a7b2d11/state"),
)


@pytest.fixture(scope="module")
def addresses() -> list[str]:
    """One address of every route of the pages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Airflow warns about itself while it is imported
        from airlock.ui.app import create_app
    routes = create_app().routes
    assert all(route.methods == {"GET"} for route in routes), "pages are for reading"
    return [
        "/airlock" + re.sub(r"\{(\w+)(:path)?\}", lambda part: PARTS[part[1]], path) + QUERIES.get(path, "")
        for path in (route.path for route in routes)
    ]


@pytest.fixture(scope="module")
def anybody(airflow: AirflowServer) -> Iterator[httpx.Client]:
    """Somebody who is not logged in."""
    with httpx.Client(base_url=airflow.url, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def tokens(airflow: AirflowServer) -> dict[str, str]:
    """Headers by who sends them: nobody, a forger, somebody whose time is over, and people."""
    secret = "another secret, that this Airflow does not know of, as long as its algorithm wants it to be"
    late = jwt.encode({"sub": "ada", "exp": 1}, secret, "HS512")
    said = {"forged": FORGED, "late": late, **{user: airflow.token(user) for user in ("dana", "ada")}}
    return {"nobody": {}} | {who: {"authorization": f"Bearer {token}"} for who, token in said.items()}


@pytest.fixture(scope="module")
def documented(anybody: httpx.Client) -> dict[str, tuple[str, str]]:
    """Method and address of every route that Airflow documents, by `<method> <path>`."""
    paths = anybody.get("/openapi.json").raise_for_status().json()["paths"]
    found = {
        f"{method} {path}": (method, re.sub(r"\{[^}]*\}", "1", path.replace("{dag_id}", DAG)))
        for path, methods in paths.items()
        for method in methods
        if method in ("get", "post", "put", "patch", "delete")
    }
    assert len(found) > 100
    return found


def test_without_a_login_a_program_is_refused_everywhere(anybody: httpx.Client, addresses: list[str]) -> None:
    assert {one: anybody.get(one).status_code for one in addresses} == dict.fromkeys(addresses, 401)


def test_without_a_login_a_browser_is_sent_to_it_from_everywhere(
    anybody: httpx.Client, addresses: list[str]
) -> None:
    for one in addresses:
        answer = anybody.get(one, headers={"accept": "text/html"})
        assert answer.status_code == 303, one
        login = httpx.URL(answer.headers["location"])
        assert (login.path, login.params["next"]) == ("/auth/login", httpx.URL(one).raw_path.decode())


@pytest.mark.parametrize("who", ["forged", "late"])
def test_a_token_that_airflow_did_not_give_opens_nothing(
    airflow: AirflowServer, addresses: list[str], tokens: dict[str, dict[str, str]], who: str
) -> None:
    header = tokens[who]
    cookie = {"cookie": f"_token={header['authorization'].removeprefix('Bearer ')}"}
    with httpx.Client(base_url=airflow.url, timeout=120) as client:
        for one in addresses:
            for sent in (header, cookie):
                assert client.get(one, headers=sent).status_code in (401, 403), one


def test_an_auditor_reads_everything(
    anybody: httpx.Client, addresses: list[str], tokens: dict[str, dict[str, str]]
) -> None:
    found = {one: anybody.get(one, headers=tokens["ada"]).status_code for one in addresses}
    assert set(found.values()) <= {200, 404, 409}, found
    sections = [one for one in addresses if one.count("/") == 2 and "nights" not in one]
    assert {found[one] for one in sections} == {200}, found


@pytest.mark.parametrize("who", ["nobody", "forged", "dana", "ada"])
def test_nobody_writes_anything(
    anybody: httpx.Client, addresses: list[str], tokens: dict[str, dict[str, str]], who: str
) -> None:
    for one in addresses:
        for method in OTHER_METHODS:
            refused = anybody.request(method, one, headers=tokens[who])
            assert refused.status_code in (401, 405), f"{method} {one}"


def test_without_a_login_airflow_answers_nothing_either(
    anybody: httpx.Client, documented: dict[str, tuple[str, str]]
) -> None:
    wrong = []
    for name, (method, address) in documented.items():
        path = name.split()[1]
        wanted = (200,) if path in OPEN else (307,) if path in LOGIN else (401,)
        answer = anybody.request(method, address, json=None if method == "get" else {})
        wrong += [] if answer.status_code in wanted else [f"{name}: {answer.status_code}"]
    wrong += [f"{m} {path}" for m, path in INNER if anybody.request(m, path, json={}).status_code != 401]
    assert not wrong


def test_an_auditor_changes_nothing_in_airflow(
    airflow: AirflowServer,
    anybody: httpx.Client,
    documented: dict[str, tuple[str, str]],
    tokens: dict[str, dict[str, str]],
) -> None:
    """Each request is one that Airflow would carry out for somebody who may; nothing but 403 will do."""
    about = _known_to(anybody, tokens["dana"])
    wrong = []
    for name, (method, address) in documented.items():
        if method == "get" or name in READS | OWN:
            continue
        address = address.replace("/backfills/1/", f"/backfills/{about['backfill']}/")
        address = address.replace("/parseDagFile/1", f"/parseDagFile/{about['file']}")
        answer = anybody.request(method, address, json=_body(method, address), headers=tokens["ada"])
        wrong += [] if answer.status_code == 403 else [f"{name}: {answer.status_code} {answer.text[:200]}"]
    assert not wrong, "\n".join(wrong)
    assert anybody.put(f"/api/v2/backfills/{about['backfill']}/cancel", headers=tokens["dana"]).is_success


def test_an_auditors_token_is_none_of_a_task(
    anybody: httpx.Client, tokens: dict[str, dict[str, str]]
) -> None:
    for method, path in INNER:
        if path.startswith("/execution"):
            refused = anybody.request(method, path, json={}, headers=tokens["ada"])
            assert refused.status_code in (401, 403), f"{method} {path}"


def _known_to(client: httpx.Client, header: dict[str, str]) -> dict[str, str]:
    """Make a backfill as somebody who may, and return its id, and what names the file of the Dag."""
    days = {"from_date": "2026-01-01T00:00:00Z", "to_date": "2026-01-01T00:00:00Z"}
    made = client.post("/api/v2/backfills", json={"dag_id": DAG, **days}, headers=header)
    dag = client.get(f"/api/v2/dags/{DAG}/details", headers=header)
    assert made.is_success and dag.is_success, made.text + dag.text
    return {"backfill": str(made.json()["id"]), "file": dag.json()["file_token"]}


def _body(method: str, address: str) -> dict[str, Any]:
    body = BODIES.get(address.rpartition("/")[2], {})
    return {"actions": [body]} if method == "patch" and body else body
