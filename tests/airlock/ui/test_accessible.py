"""The pages in a real browser, light and dark: axe-core finds no fault with them, and a keyboard will do."""

from typing import TYPE_CHECKING

import pytest

from tests.airlock.ui.airflow_server import AirflowServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = (
    "models/credit_risk",
    "models/tumour_diagnosis",
    "models/credit_risk/quarantine",
    "incidents/2",
    "versions?model=nobody",
    "audit?model=credit_risk",
    "lineage/version/tumour_diagnosis/1",
    "nowhere",
)
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
}
THEME = "theme => { localStorage.setItem('theme', theme); dispatchEvent(new Event('storage')); }"
GROUND = "() => getComputedStyle(document.body).backgroundColor"

pytestmark = pytest.mark.browser


@pytest.fixture
def reader(airflow: AirflowServer, page: "Page") -> "Page":
    """The browser of ada, who may only read."""
    page.goto(f"{airflow.url}/airlock/")
    page.fill("input[name=username]", "ada")
    page.fill("input[name=password]", airflow.passwords["ada"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{airflow.url}/airlock/")
    return page


def test_axe_finds_no_fault_with_any_page_in_light_or_dark(airflow: AirflowServer, reader: "Page") -> None:
    from axe_playwright_python.sync_playwright import Axe

    sections = [link.get_attribute("href") or "" for link in reader.locator(".bar a").all()]
    assert len(sections) >= 5
    faults = []
    for path in (*(section.removeprefix("./") for section in sections), *PAGES):
        reader.goto(f"{airflow.url}/airlock/{path}")
        reader.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
        for theme in ("light", "dark"):
            reader.evaluate(THEME, theme)
            for found in Axe().run(reader, options=RULES).response["violations"]:
                where = [node["html"][:200] for node in found["nodes"][:3]]
                faults.append(f"/{path} {theme}: {found['id']}: {found['help']}: {where}")
    assert not faults, "\n".join(faults)


def test_the_pages_follow_the_switch_of_airflow_while_they_are_open(
    airflow: AirflowServer, reader: "Page"
) -> None:
    reader.goto(f"{airflow.url}/plugin/airlock")
    pages = reader.frame_locator("iframe")
    pages.get_by_role("heading", name="Models").wait_for()
    grounds = {}
    for mode in ("Dark Mode", "Light Mode"):
        reader.get_by_role("button", name="User").click()
        reader.get_by_role("menuitem", name="Appearance").click()
        reader.get_by_role("menuitemradio", name=mode).click()
        theme = mode.split()[0].lower()
        pages.locator(f"html[data-theme={theme}]").wait_for()
        grounds[theme] = pages.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert grounds["dark"] != grounds["light"]


def test_without_a_switch_the_device_decides(airflow: AirflowServer, reader: "Page") -> None:
    reader.evaluate("() => localStorage.removeItem('theme')")
    grounds = []
    for scheme in ("light", "dark"):
        reader.emulate_media(color_scheme=scheme)
        reader.goto(f"{airflow.url}/airlock/")
        grounds.append(reader.evaluate(GROUND))
    assert grounds[0] != grounds[1]


def test_by_keyboard_one_skips_to_the_content_and_sees_where_one_is(
    airflow: AirflowServer, reader: "Page"
) -> None:
    reader.goto(f"{airflow.url}/airlock/models/credit_risk")
    reader.keyboard.press("Tab")
    assert reader.evaluate("() => document.activeElement.textContent") == "Skip to the content"
    reader.keyboard.press("Enter")
    reader.keyboard.press("Tab")
    assert reader.evaluate("() => document.querySelector('main').contains(document.activeElement)")
    outline = "() => getComputedStyle(document.activeElement).outlineStyle"
    assert reader.evaluate(outline) == "solid"
