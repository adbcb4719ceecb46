"""The search for versions in the browser."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.engine import Engine

from tests.airlock.governance.records import register

PAGE = "/airlock/versions"
EVIL = '"><script>alert(1)</script>'


@pytest.fixture(autouse=True)
def _versions(engine: Engine) -> None:
    with engine.begin() as conn:
        register(conn, version=3, cause="monthly refresh", dossier_digest="9" * 64)
        register(conn, version=4, cause=EVIL)


def test_nobody_sees_it_without_a_login(anonymous: TestClient) -> None:
    assert anonymous.get(PAGE).status_code == 401


def test_what_is_asked_for_is_found_and_leads_to_dossier_and_lineage(browser: TestClient) -> None:
    page = browser.get(PAGE, params={"model": "credit_risk", "text": "monthly"}).text
    assert "Found (1)" in page and "version 3" in page
    assert f'href="./dossiers/{"9" * 64}/dossier.html"' in page
    assert 'href="./lineage/version/credit_risk/3"' in page


def test_nothing_typed_or_recorded_becomes_markup(browser: TestClient) -> None:
    page = browser.get(PAGE, params={"text": EVIL}).text
    assert "<script>alert" not in page
    assert "Found (1)" in page


def test_its_form_may_be_sent_to_airflow_alone_and_that_of_no_other_page(browser: TestClient) -> None:
    assert "form-action 'self'" in browser.get(PAGE).headers["content-security-policy"]
    assert "form-action 'none'" in browser.get("/airlock/").headers["content-security-policy"]


def test_the_models_page_leads_to_it(browser: TestClient) -> None:
    assert 'href="./versions"' in browser.get("/airlock/").text
