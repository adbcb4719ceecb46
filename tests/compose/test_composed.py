"""docker-compose.yaml really run: who gets in, what tasks know, and what happens when a copy dies."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from airlock.logins.accounts import accounts
from airlock.spec.people import load_people
from stack.client import AirflowClient, AirflowError
from stack.settings import ROOT
from stack.waiting import wait_until
from tests.compose.boxes import Box, Boxes, installed

QUESTION = "compose_question"
PREDICT = "/v1/models/credit_risk/predict"


@pytest.fixture(scope="module")
def passwords(boxes: Boxes) -> dict[str, str]:
    """Everybody's first password, as `python -m airlock.logins show` tells them."""
    people = load_people(ROOT / "include")
    return {
        account.user: account.password
        for account in accounts(people, boxes.values["AIRLOCK_COMPOSE_LOGIN_SECRET"])
    }


@pytest.fixture
def airflow(boxes: Boxes, passwords: dict[str, str]) -> Any:
    """Log in to Airflow as somebody."""
    return lambda user: AirflowClient(boxes.url("airflow-api", 8080), user, passwords[user])


@pytest.fixture
def scoring(boxes: Boxes) -> Iterator[httpx.Client]:
    """A client of the scoring API that comes by way of the proxy, with a new connection for each request."""
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=boxes.url("scoring-proxy", 8000), trust_env=False, limits=limits) as client:
        yield client


def test_every_person_logs_in_and_a_wrong_password_is_refused(
    boxes: Boxes, airflow: Any, passwords: dict
) -> None:
    for user in passwords:
        assert airflow(user).call("GET", "/version")
    with pytest.raises(AirflowError, match="401"):
        AirflowClient(boxes.url("airflow-api", 8080), "ria", "guess")


def test_the_auditor_reads_everything_and_changes_nothing(boxes: Boxes, airflow: Any) -> None:
    auditor = airflow("ada")
    dags = wait_until(lambda: "compose_probe" in auditor.dag_ids(), what="the Dags", timeout=120)
    assert dags
    for path in ("/dags/audit/dagRuns", "/eventLogs", "/plugins", "/importErrors", "/assets"):
        assert auditor.call("GET", path) is not None
    for refused in (
        lambda: auditor.trigger("compose_probe"),
        lambda: auditor.unpause("audit"),
        lambda: auditor.call("DELETE", "/dags/audit"),
        lambda: auditor.call("GET", "/connections"),
        lambda: auditor.call("POST", "/pools", {"name": "mine", "slots": 1}),
    ):
        with pytest.raises(AirflowError, match="403"):
            refused()


def test_airlock_s_pages_are_for_who_is_logged_in(boxes: Boxes, passwords: dict[str, str]) -> None:
    url = boxes.url("airflow-api", 8080)
    with httpx.Client(base_url=url, trust_env=False, follow_redirects=False, timeout=60) as client:
        assert client.get("/airlock/").status_code == 401
        to_login = client.get("/airlock/", headers={"accept": "text/html"})
        assert to_login.status_code == 303 and "/auth/login" in to_login.headers["location"]
        login = {"username": "ada", "password": passwords["ada"]}
        token = client.post("/auth/token", json=login).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}", "accept": "text/html"}
        assert client.get("/airlock/", headers=bearer).status_code == 200
        assert client.get("/airlock/audit", headers=bearer).status_code == 200
        assert "answers behind a proxy" in client.get("/airlock/scoring", headers=bearer).text


@pytest.mark.parametrize("path", ["users", "roles"])
def test_not_even_an_administrator_makes_a_login_or_a_role(
    boxes: Boxes, passwords: dict[str, str], path: str
) -> None:
    with httpx.Client(base_url=boxes.url("airflow-api", 8080), trust_env=False, timeout=60) as client:
        login = {"username": "admin", "password": passwords["admin"]}
        token = client.post("/auth/token", json=login).json()["access_token"]
        answer = client.get(f"/auth/fab/v1/{path}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 403


def test_a_task_runs_on_a_worker_that_knows_no_secret_of_airflow_s(boxes: Boxes, airflow: Any) -> None:
    dana = airflow("dana")
    wait_until(lambda: "compose_probe" in dana.dag_ids(), what="the Dags", timeout=120)
    run = dana.wait_for_run(dana.trigger("compose_probe"), timeout=180)
    assert run.state == "success", dana.log(dana.task(run, "look"))
    path = f"/dags/compose_probe/dagRuns/{run.run_id}/taskInstances/look/xcomEntries/return_value"
    seen = dana.call("GET", path, deserialize=True)["value"]
    assert seen["host"] in {box.name for box in boxes.of("airflow-worker")}
    secret = {"AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY"}
    assert not secret & set(seen["knows"])
    worker = boxes.of("airflow-worker")[0].run(["env"]).stdout
    assert boxes.values["AIRLOCK_COMPOSE_AIRFLOW_PASSWORD"] not in worker
    assert boxes.values["AIRLOCK_COMPOSE_AIRLOCK_TASKS_PASSWORD"] in worker


def test_the_audit_log_is_verified_by_a_worker(airflow: Any) -> None:
    admin = airflow("mika")
    wait_until(lambda: "audit" in admin.dag_ids(), what="the Dags", timeout=120)
    run = admin.wait_for_run(admin.trigger("audit"), timeout=240)
    verify = admin.task(run, "verify")
    assert verify.state == "success", admin.log(verify)


def test_a_question_is_answered_by_the_one_it_names_and_by_nobody_else(airflow: Any) -> None:
    dana, ria = airflow("dana"), airflow("ria")
    wait_until(lambda: QUESTION in dana.dag_ids(), what="the Dags", timeout=120)
    run = dana.trigger(QUESTION)
    question, *_ = wait_until(lambda: dana.questions(QUESTION, run.run_id), what="the question", timeout=120)
    for user in ("omar", "ada", "admin"):
        with pytest.raises(AirflowError, match="403"):
            airflow(user).answer(question, "Yes")
    ria.answer(question, "Yes")
    ria.wait_for_run(run, timeout=120)
    (given,) = ria.call("GET", f"/dags/{QUESTION}/dagRuns/{run.run_id}/hitlDetails")["hitl_details"]
    assert given["responded_by_user"]["name"] == "ria"


def test_mlflow_asks_for_a_login_and_lets_readers_read(boxes: Boxes, passwords: dict[str, str]) -> None:
    search, create = "/api/2.0/mlflow/experiments/search", "/api/2.0/mlflow/registered-models/create"
    body = {"max_results": 10}
    with httpx.Client(base_url=boxes.url("mlflow", 5000), trust_env=False, timeout=60) as client:
        headers = {"Host": "mlflow:5000"}
        assert client.get("/health", headers=headers).status_code == 200
        assert client.post(search, json=body, headers=headers).status_code == 401
        assert client.post(search, json=body, headers=headers, auth=("ada", "guess")).status_code == 401
        ada, dana = ("ada", passwords["ada"]), ("dana", passwords["dana"])
        assert client.post(search, json=body, headers=headers, auth=ada).status_code == 200
        assert client.post(create, json={"name": "churn"}, headers=headers, auth=dana).status_code == 200
        move = {"name": "churn", "key": "owner", "value": "ada"}
        tag = "/api/2.0/mlflow/registered-models/set-tag"
        assert client.post(tag, json=move, headers=headers, auth=ada).status_code == 403


def test_a_person_who_left_may_log_in_no_more(boxes: Boxes, airflow: Any, tmp_path: Path) -> None:
    people = (ROOT / "include" / "people.yaml").read_text().splitlines()
    include = tmp_path / "include"
    include.mkdir()
    (include / "people.yaml").write_text("\n".join(line for line in people if "omar:" not in line))
    assert airflow("omar").call("GET", "/version")
    said = boxes.once("airflow-logins", include=include)
    assert "omar is not in people.yaml and may log in no more." in said
    assert "ria" not in said
    with pytest.raises(AirflowError, match="401"):
        airflow("omar")
    assert "omar may" not in boxes.once("airflow-logins")
    assert airflow("omar").call("GET", "/version")


def test_the_proxy_spreads_over_all_copies_and_loses_none_with_a_dead_one(
    boxes: Boxes, scoring: httpx.Client
) -> None:
    assert _asked(boxes, scoring) == {box.name for box in boxes.of("scoring")}
    dead, alive = boxes.of("scoring")
    boxes.kill(dead)
    for _ in range(50):
        assert scoring.get("/healthz").status_code == 200
    new = boxes.start("scoring")
    wait_until(new.healthy, what="the new copy", timeout=120)
    wait_until(
        lambda: _asked(boxes, scoring) == {alive.name, new.name}, what="the proxy to find it", timeout=60
    )


def test_the_proxy_tells_outsiders_no_figures_and_lets_nobody_in_without_a_key(scoring: httpx.Client) -> None:
    assert scoring.get("/metrics").status_code == 404
    assert scoring.post(PREDICT, json={"rows": []}).status_code == 401


def test_prometheus_hears_every_copy_and_finds_every_service_well(boxes: Boxes) -> None:
    if not installed("prometheus") or not installed("blackbox"):
        pytest.skip("not installed: prometheus, prometheus-blackbox-exporter")

    def ask(query: str) -> list[dict[str, Any]]:
        url = f"{boxes.url('prometheus', 9090)}/api/v1/query"
        return httpx.get(url, params={"query": query}, trust_env=False).json()["data"]["result"]

    copies = {f"{box.address}:8000" for box in boxes.of("scoring")}
    heard = lambda: {one["metric"]["instance"] for one in ask('up{job="scoring"} == 1')} == copies  # noqa: E731
    wait_until(heard, what="both copies' figures", timeout=90)
    services = {"airflow-api", "airflow-scheduler", "airflow-dag-processor", "airflow-database", "mlflow"}
    services |= {"scoring-proxy", "postgres", "redis", "mail"}
    well = lambda: {one["metric"]["service"] for one in ask("probe_success == 1")} == services  # noqa: E731
    wait_until(well, what="every service to be well", timeout=120)
    shown = json.loads((ROOT / "docker/grafana/dashboards/services.json").read_text())["panels"]
    for question in (target["expr"] for panel in shown for target in panel["targets"]):
        assert ask(question), question


def _asked(boxes: Boxes, scoring: httpx.Client) -> set[str]:
    """Return which copies have refused one of thirty requests without a key."""
    before = {box.name: _refused(box) for box in boxes.of("scoring")}
    for _ in range(30):
        assert scoring.post(PREDICT, json={"rows": []}).status_code == 401
    return {box.name for box in boxes.of("scoring") if _refused(box) > before[box.name]}


def _refused(box: Box) -> float:
    figures = httpx.get(f"http://{box.address}:8000/metrics", trust_env=False).text
    counts = [line for line in figures.splitlines() if line.startswith("airlock_scoring_requests_total")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in counts if 'status="401"' in line)
