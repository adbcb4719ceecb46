"""A real Airflow API server with the plugin: who sees the pages, and what a stored page may do there."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from airlock.store import Store
from tests.airlock.ui.airflow_server import ROOT, AirflowServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

HTML = {"accept": "text/html"}
ROUTES = ("/", "/models/credit_risk", "/pages/credit_risk/nights/2026-11-01.html", "/anything/else")
#: Tries what a report must not be able to do, and writes down what came of it.
PROBE = """<!DOCTYPE html><html><body><h1>Night</h1><script>
const tried = [];
const refused = (what, error) => tried.push(what + " refused");
try { tried.push("cookie " + document.cookie); } catch (error) { refused("cookie", error); }
try { tried.push("storage " + localStorage.length); } catch (error) { refused("storage", error); }
try { tried.push("window " + window.parent.document.title); } catch (error) { refused("window", error); }
fetch("/api/v2/dags", {credentials: "include"}).then(() => tried.push("fetched"), (e) => refused("fetch", e))
  .finally(() => document.body.setAttribute("data-tried", tried.join(", ")));
</script></body></html>"""


@pytest.fixture(scope="module", autouse=True)
def _report(airflow: AirflowServer) -> None:
    Store(airflow.folder / "store").page("credit_risk", "nights/2026-11-01.html", PROBE)


@pytest.mark.parametrize("route", ROUTES)
def test_a_program_without_a_login_is_refused(airflow: AirflowServer, route: str) -> None:
    assert httpx.get(f"{airflow.url}/airlock{route}").status_code == 401


@pytest.mark.parametrize("route", ROUTES)
def test_a_browser_without_a_login_is_sent_to_it_and_would_come_back(
    airflow: AirflowServer, route: str
) -> None:
    answer = httpx.get(f"{airflow.url}/airlock{route}", headers=HTML)
    assert answer.status_code == 303
    login = httpx.URL(answer.headers["location"])
    assert login.path == "/auth/login" and login.params["next"] == f"/airlock{route}"


def test_a_link_of_a_mail_is_whole_after_the_login(airflow: AirflowServer) -> None:
    asked = "/airlock/decisions?decision=a1&next=https%3A%2F%2Fevil.example"
    answer = httpx.get(f"{airflow.url}{asked}", headers=HTML)
    login = httpx.URL(answer.headers["location"])
    assert login.path == "/auth/login" and login.params["next"] == asked


@pytest.mark.parametrize("path", ["/airlock//evil.example?a=1", r"/airlock/\\evil.example"])
def test_the_login_leads_to_no_other_server(airflow: AirflowServer, path: str) -> None:
    answer = httpx.get(httpx.URL(airflow.url, raw_path=path.encode()), headers=HTML)
    login = httpx.URL(answer.headers["location"])
    assert not login.host and login.params["next"].startswith("/airlock/")


def test_a_forged_login_is_refused(airflow: AirflowServer) -> None:
    answer = httpx.get(f"{airflow.url}/airlock/", headers={"authorization": "Bearer forged"})
    assert answer.status_code in (401, 403)


@pytest.mark.parametrize("user", ["dana", "ada"])
def test_who_is_logged_in_reads_by_token_and_by_cookie(airflow: AirflowServer, user: str) -> None:
    token = airflow.token(user)
    for sent in ({"headers": {"authorization": f"Bearer {token}"}}, {"cookies": {"_token": token}}):
        with httpx.Client(base_url=airflow.url, **sent) as client:
            assert "Credit default risk" in client.get("/airlock/").text
            assert client.get("/airlock/pages/credit_risk/nights/2026-11-01.html").status_code == 200


def test_airflow_lists_the_pages_in_its_navigation(airflow: AirflowServer) -> None:
    headers = {"authorization": f"Bearer {airflow.token('ada')}"}
    plugins = httpx.get(f"{airflow.url}/api/v2/plugins", headers=headers).json()["plugins"]
    views = [view for plugin in plugins if plugin["name"] == "airlock" for view in plugin["external_views"]]
    listed = [(view["name"], view["href"]) for view in views if view["destination"] == "nav"]
    assert listed == [("Airlock", "/airlock/")]


@pytest.mark.browser
def test_in_a_browser_the_pages_open_in_airflow_and_a_report_cannot_touch_the_session(
    airflow: AirflowServer, page: "Page"
) -> None:
    page.goto(f"{airflow.url}/airlock/models/credit_risk")
    page.fill("input[name=username]", "ada")
    page.fill("input[name=password]", airflow.passwords["ada"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{airflow.url}/airlock/models/credit_risk*")
    page.goto(f"{airflow.url}/plugin/airlock")
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", name="Models").wait_for()
    frame.get_by_role("link", name="Credit default risk").click()
    frame.get_by_role("heading", name="Credit default risk").wait_for()
    frame.get_by_role("link", name="Report of 2026-11-01").click()
    tried = frame.locator("body[data-tried]")
    tried.wait_for()
    assert tried.get_attribute("data-tried") == (
        "cookie refused, storage refused, window refused, fetch refused"
    )
    page.goto(f"{airflow.url}/plugin/airlock")
    frame.get_by_role("link", name="train", exact=True).first.click()
    page.wait_for_url("**/dags/credit_risk.train*")


def test_loading_the_plugin_costs_every_process_almost_nothing() -> None:
    code = (
        "import airflow.plugins_manager, sys; before = set(sys.modules); import airlock_plugin; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; print(sorted(new))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(ROOT / "plugins"))}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "['airlock_plugin']"
