"""Pages and dossiers out of an object storage: shown as from a folder, and never guessed while it is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.engine import Engine

from airlock.object_storage import filesystem
from airlock.settings import settings
from airlock.store import Store, open_store
from tests.airlock.object_server import ObjectServer
from tests.airlock.ui.test_dossiers import on_record


@pytest.fixture
def kept(
    browser: TestClient, object_storage: ObjectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Store:
    """The evidence store as a worker elsewhere filled it; the pages have a cache of their own."""
    monkeypatch.setenv("AIRLOCK_STORE", f"{object_storage.new_bucket()}/evidence")
    monkeypatch.setenv("AIRLOCK_STORE_CACHE", str(tmp_path / "worker"))
    worker = open_store(settings())
    monkeypatch.setenv("AIRLOCK_STORE_CACHE", str(tmp_path / "pages"))
    worker.page("credit_risk", "nights/2026-11-01.html", "<h1>Night</h1>")
    return worker


@pytest.fixture
def dossier(kept: Store, engine: Engine) -> str:
    """The digest of a dossier in it, which a candidate on record has."""
    with kept.staging() as folder:
        (folder / "dossier.html").write_text("<h1>Dossier</h1>")
        digest = kept.keep("dossiers", folder)
    on_record(engine, digest)
    return digest


@pytest.fixture
def _away(kept: Store, dossier: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    filesystem.cache_clear()
    yield
    filesystem.cache_clear()


def test_a_page_and_a_dossier_are_shown(browser: TestClient, kept: Store, dossier: str) -> None:
    page = browser.get("/airlock/pages/credit_risk/nights/2026-11-01.html")
    assert (page.status_code, page.text) == (200, "<h1>Night</h1>")
    assert page.headers["content-type"].startswith("text/html") and "sandbox" in str(page.headers)
    shown = browser.get(f"/airlock/dossiers/{dossier}/dossier.html")
    assert (shown.status_code, shown.text) == (200, "<h1>Dossier</h1>")
    assert browser.get("/airlock/pages/credit_risk/none.html").status_code == 404
    assert browser.get(f"/airlock/dossiers/{'0' * 64}/dossier.html").status_code == 404


@pytest.mark.usefixtures("_away")
def test_while_the_storage_is_away_a_page_says_so(browser: TestClient, dossier: str) -> None:
    for path in ("pages/credit_risk/nights/2026-11-01.html", f"dossiers/{dossier}/dossier.html"):
        shown = browser.get(f"/airlock/{path}", headers={"accept": "text/html"})
        assert shown.status_code == 503
        assert "AIRLOCK_STORE is s3://" in shown.text and "AWS_ENDPOINT_URL" in shown.text
