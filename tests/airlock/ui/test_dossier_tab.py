"""The dossier as a tab of an approval in a real Airflow, looked at with a real browser."""

from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest

from tests.airlock.ui.airflow_server import AirflowServer
from tests.airlock.ui.conftest import RELEASE_RUN

if TYPE_CHECKING:
    from playwright.sync_api import Page

VIEWS = {"nav": "/airlock/", "task_instance": "/airlock/dossiers/run?dag={DAG_ID}&run={RUN_ID}"}


@pytest.fixture(scope="module", autouse=True)
def _triggered(airflow: AirflowServer) -> None:
    """A run of the release's Dag, and one of another."""
    headers = {"authorization": f"Bearer {airflow.token('dana')}"}
    for dag in ("loans.release", "loans.monitor"):
        body = {"dag_run_id": RELEASE_RUN, "logical_date": None}
        asked = httpx.post(f"{airflow.url}/api/v2/dags/{dag}/dagRuns", json=body, headers=headers, timeout=60)
        assert asked.is_success, asked.text


def test_airflow_knows_the_tab(airflow: AirflowServer) -> None:
    headers = {"authorization": f"Bearer {airflow.token('ada')}"}
    plugins = httpx.get(f"{airflow.url}/api/v2/plugins", headers=headers, timeout=60).json()["plugins"]
    views = [view for plugin in plugins if plugin["name"] == "airlock" for view in plugin["external_views"]]
    assert {view["destination"]: view["href"] for view in views} == VIEWS


@pytest.mark.browser
@pytest.mark.parametrize(
    ("dag", "task", "heading"),
    [
        ("loans.release", "approve_1", "Dossier of loans version 1 open"),
        ("loans.monitor", "measure", "No dossier here"),
    ],
)
def test_beside_required_actions_a_tab_shows_the_dossier_of_the_run(
    airflow: AirflowServer, page: "Page", dag: str, task: str, heading: str
) -> None:
    page.goto(f"{airflow.url}/airlock/")
    page.fill("input[name=username]", "ada")
    page.fill("input[name=password]", airflow.passwords["ada"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{airflow.url}/airlock/")
    page.goto(f"{airflow.url}/dags/{dag}/runs/{quote(RELEASE_RUN, safe='')}/tasks/{task}")
    page.get_by_role("link", name="Dossier", exact=True).click()
    tab = page.frame_locator("iframe[title=Dossier]")
    tab.get_by_role("heading", name=heading).wait_for()
    if task == "approve_1":
        shown = tab.frame_locator("iframe[title='The dossier']")
        shown.get_by_role("heading", name="The evidence about loans").wait_for()
