"""What people do in Airflow's own pages, in a real browser."""

from typing import TYPE_CHECKING

import pytest

from airlock.dossier.sections import SECTIONS
from airlock.governance import tables
from demo.people import People
from demo.story import a_tumour
from tests.e2e.browser import log_in, resize, screenshot, troubles
from tests.e2e.records import Records
from tests.e2e.running_stack import RunningStack
from tests.e2e.trained import Trained, asked, ended, predict

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.parametrize(
    "path",
    [
        "/airlock/",
        "/airlock/models/credit_risk",
        "/airlock/models/credit_risk/quarantine",
        "/airlock/pages/credit_risk/x.html",
        f"/airlock/dossiers/{'0' * 64}/dossier.html",
    ],
)
def test_a_stranger_is_sent_to_the_login(stack: RunningStack, page: "Page", path: str) -> None:
    page.goto(stack.settings.airflow_url + path)
    page.wait_for_url("**/auth/login**")
    page.locator("input[name=password]").wait_for()


def test_ria_reads_the_dossier_which_needs_nothing_else(
    stack: RunningStack, records: Records, diagnosis: Trained, page: "Page"
) -> None:
    (candidate,) = records.rows(tables.candidates, model="tumour_diagnosis", version=diagnosis.version)
    address = f"{stack.settings.airflow_url}/airlock/dossiers/{candidate['dossier_digest']}/dossier.html"
    page.goto(address)
    log_in(page, "ria", stack.password("ria"))
    page.wait_for_url(address)
    with troubles(page) as found:
        page.reload(wait_until="networkidle")
    assert not found

    page.get_by_role("heading", name="Tumour diagnosis", level=1).wait_for()
    page.get_by_text("the pathologist looks at the biopsy again, and first").first.wait_for()
    page.get_by_role("status").get_by_text("Every gate was passed").wait_for()
    for section in SECTIONS:
        page.get_by_role("heading", name=section.title, exact=True).wait_for()
    unexamined = page.get_by_role("region").filter(has_text="Not examined.")  # no champion, no catalogue
    assert [region.get_attribute("id") for region in unexamined.all()] == ["data", "catalogue"]
    pictures = page.locator("figure svg").all()  # two curves, calibration, importance
    assert len(pictures) == 4 and all(picture.bounding_box() for picture in pictures)
    resize(page, height=1800)
    screenshot(page, "dossier")


def test_ria_reads_the_evidence_and_approves(
    stack: RunningStack, people: People, records: Records, diagnosis: Trained, page: "Page"
) -> None:
    question = asked(people, diagnosis.release)
    page.goto(stack.settings.airflow_url)
    log_in(page, "ria", stack.password("ria"))
    page.get_by_role("button", name="Browse").click()
    page.get_by_role("menuitem", name="Required Actions").click()
    row = page.get_by_role("row").filter(has_text=diagnosis.release.run_id)
    row.get_by_role("link", name=question.subject).click()

    for heading in ("Tumour diagnosis", "Gates: every one", "held-out rows", "Read the whole dossier"):
        page.get_by_role("heading", name=heading).last.wait_for()
    page.get_by_text("Yes means: the pathologist looks at the biopsy again, and first").wait_for()
    gates = page.get_by_role("table").filter(has_text="and at least 0.970 is asked for by the model's spec")
    assert gates.get_by_role("row").count() >= 6
    (release,) = records.rows(tables.releases, dag_run_id=diagnosis.release.run_id)
    page.get_by_text(release["dossier_digest"]).wait_for()
    link = page.get_by_role("link", name="Read the whole dossier").get_attribute("href")
    assert link == f"{stack.settings.airflow_url}/airlock/dossiers/{release['dossier_digest']}/dossier.html"
    resize(page, height=1800)
    screenshot(page, "approval")

    approve = page.get_by_test_id("hitl-option-Approve")
    assert approve.is_disabled()
    page.locator("input[name=element_reason]").fill("reads like the literature")
    approve.click()

    assert ended(people, diagnosis.release)["announce"] == "success"
    page.goto(f"{stack.settings.airflow_url}/dags/tumour_diagnosis.release/runs/{diagnosis.release.run_id}")
    page.get_by_role("button", name="Show Graph").click()
    page.get_by_test_id("rf__node-announce").get_by_text("Success").wait_for()
    resize(page, height=680)
    page.get_by_role("button", name="Collapse Details Panel").click()
    page.get_by_role("button", name="Fit View").click()
    screenshot(page, "release")
    (answer,) = records.rows(tables.approvals, release_id=release["id"])
    assert (answer["responder"], answer["reason"]) == ("ria", "reads like the literature")
    assert predict(stack, "tumour_diagnosis", a_tumour(stack.settings)).json()["version"] == diagnosis.version


def test_dana_finds_the_models_and_a_form_that_explains_itself(stack: RunningStack, page: "Page") -> None:
    page.goto(stack.settings.airflow_url)
    log_in(page, "dana", stack.password("dana"))
    page.get_by_role("link", name="Airlock").click()
    models = page.frame_locator("iframe")
    models.get_by_role("heading", name="Models").wait_for()
    resize(page, height=600)
    screenshot(page, "models")
    models.get_by_role("link", name="Credit default risk").click()
    models.get_by_role("heading", name="Credit default risk").wait_for()
    models.get_by_role("link", name="train", exact=True).first.click()
    page.wait_for_url("**/dags/credit_risk.train**")
    page.get_by_test_id("trigger-dag-button").click()
    page.get_by_text("Why train now?").wait_for()
    page.get_by_text("It stands in the evidence that the approvers read.").wait_for()
    page.get_by_text("Train as if it were then: outcomes observed later do not exist.").wait_for()
