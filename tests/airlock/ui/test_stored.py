"""Stored pages: only what was kept for a model, and never with the power of the session."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from airlock.store import Store


@pytest.fixture
def kept(store: Path) -> Path:
    Store(store).page("credit_risk", "nights/2026-11-01.html", "<h1>Night</h1><script>1</script>")
    (store / "secret.html").write_text("secret")
    (store / "pages" / "other").mkdir()
    (store / "pages" / "other" / "private.html").write_text("secret")
    return store


def test_a_stored_page_is_sent_under_a_policy_that_keeps_it_from_the_session(
    browser: TestClient, kept: Path
) -> None:
    page = browser.get("/airlock/pages/credit_risk/nights/2026-11-01.html")
    assert page.status_code == 200 and "<h1>Night</h1>" in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["x-content-type-options"] == "nosniff"
    policy = [directive.strip() for directive in page.headers["content-security-policy"].split(";")]
    assert "sandbox allow-scripts" in policy and "connect-src 'none'" in policy
    assert "allow-same-origin" not in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "credit_risk/../../secret.html",
        "credit_risk/%2e%2e/%2e%2e/secret.html",
        "credit_risk/..%2f..%2fsecret.html",
        "credit_risk/..%2fother%2fprivate.html",
        "credit_risk/nights/%00.html",
        "credit_risk//etc/passwd",
        "credit_risk/%2fetc%2fpasswd",
        "%2e%2e/secret.html",
        "credit_risk/nights",
        "credit_risk/",
        "credit_risk/nights/2026-11-02.html",
    ],
)
def test_nothing_else_is_sent(browser: TestClient, kept: Path, path: str) -> None:
    page = browser.get(f"/airlock/pages/{path}")
    assert page.status_code == 404
    assert "secret" not in page.text.replace("secret.html", "") and "root:" not in page.text


def test_a_link_in_the_store_does_not_lead_out_of_it(browser: TestClient, kept: Path) -> None:
    (kept / "pages" / "credit_risk" / "link.html").symlink_to(kept / "secret.html")
    assert browser.get("/airlock/pages/credit_risk/link.html").status_code == 404
