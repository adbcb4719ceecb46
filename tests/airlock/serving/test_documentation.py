"""The documentation of a real scoring API: true, readable without other servers, with models' own rows."""

import re

import httpx
import pytest

from airlock.serving.app import app
from tests.airlock.serving.scoring_api import PREDICT, ScoringApi, wait_until

PAGES = ("/", "/docs")


@pytest.fixture
def stranger(api: ScoringApi) -> httpx.Headers:
    """The headers of somebody without a key."""
    return httpx.Headers({"Authorization": ""})


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_no_key_and_nothing_from_elsewhere(
    api: ScoringApi, stranger: httpx.Headers, page: str
) -> None:
    answer = api.client.get(page, headers=stranger).raise_for_status()
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'nonce-")
    assert not re.search(r"<(script|link|img|iframe)\b|\bsrc=|@import|url\(", answer.text)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_first_page_leads_on_to_pages_that_are_there(api: ScoringApi, stranger: httpx.Headers) -> None:
    links = re.findall(r'href="([^":#]+)"', api.client.get("/", headers=stranger).text)
    assert set(links) == {"docs", "openapi.json", "readyz", "metrics"}
    assert all(api.client.get(f"/{link}", headers=stranger).is_success for link in links)


def test_the_example_of_a_model_is_a_request_that_it_answers(api: ScoringApi) -> None:
    wait_until(lambda: api.client.get("/readyz").is_success, "the model serves")
    document = api.client.get("/openapi.json").raise_for_status().json()
    body = document["paths"]["/v1/models/{model}/predict"]["post"]["requestBody"]["content"][
        "application/json"
    ]
    assert set(body["examples"]) == {"loans"}
    assert api.client.post(PREDICT, json=body["examples"]["loans"]["value"]).is_success


def test_every_address_and_every_form_is_on_the_page(api: ScoringApi) -> None:
    document, page = api.client.get("/openapi.json").json(), api.client.get("/docs").text
    for path in document["paths"]:
        assert f" {path}</h2>" in page
    for name in document["components"]["schemas"]:
        assert f'id="{name}"' in page
    assert "A row of loans" in page and "&#34;features&#34;" in page


def test_every_status_that_a_key_can_lead_to_is_documented() -> None:
    for path, item in app.openapi()["paths"].items():
        for operation in item.values():
            if operation.get("security"):
                assert {"401", "403"} <= set(operation["responses"]), path
            else:
                assert not path.startswith("/v1/"), path
