"""Lineage in the browser and for programs, behind Airflow's login."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.engine import Engine

from tests.airlock.governance.records import register

EVIL = "<script>alert(1)</script>"
PAGE = "/airlock/lineage/version/credit_risk/3"


@pytest.fixture(autouse=True)
def _version(engine: Engine) -> None:
    with engine.begin() as conn:
        register(conn, version=3, cause=EVIL)


def test_nobody_sees_it_without_a_login(anonymous: TestClient) -> None:
    refused = anonymous.get(PAGE)
    assert refused.status_code == 401
    assert "credit_risk" not in refused.text


def test_a_program_gets_json(browser: TestClient) -> None:
    said = browser.get(PAGE, headers={"accept": "application/json"}).json()
    assert (said["kind"], said["id"]) == ("version", "credit_risk/3")
    assert [part["kind"] for part in said["parts"]] == ["dossier", "package", "snapshot"]


def test_a_person_gets_a_page_whose_things_lead_on_and_on_which_nothing_is_markup(
    browser: TestClient,
) -> None:
    page = browser.get(PAGE).text
    assert 'href="../../../lineage/package/package_3"' in page
    assert EVIL not in page and "&lt;script&gt;" in page


@pytest.mark.parametrize("name", ["version/credit_risk/99", "moon/1", "snapshot/..%2F..%2Fetc", "version/x"])
def test_what_is_not_there_is_not_found(browser: TestClient, name: str) -> None:
    assert browser.get(f"/airlock/lineage/{name}").status_code == 404


def test_evidence_that_was_changed_is_not_traced(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE candidates SET evidence = '{\"forged\": true}'")
    refused = browser.get(PAGE)
    assert refused.status_code == 409
    assert "was changed" in refused.text
