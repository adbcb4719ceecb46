"""Dossiers in the UI: proved before each look, only their known files, and nothing that runs."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from sqlalchemy.engine import Engine

from airlock.governance.tables import candidates, releases
from airlock.store import Store
from airlock.ui.dossiers import FILES
from tests.airlock.ui.history import candidate, release, year

SECRET = "not for the page"


@pytest.fixture
def digest(store: Path, engine: Engine) -> str:
    """A dossier as the store keeps it, of a candidate on record."""
    kept = keep(store)
    on_record(engine, kept)
    return kept


def keep(store: Path, more: str = "") -> str:
    keeping = Store(store)
    with keeping.staging() as folder:
        for file in FILES:
            (folder / file).write_text(f"<h1>{file}</h1><script>1</script>{more}")
        (folder / "package").mkdir()
        (folder / "package" / "model.skops").write_text(SECRET)
        return keeping.keep("dossiers", folder)


def on_record(engine: Engine, digest: str) -> None:
    with engine.begin() as conn:
        made = candidate(conn, "loans", 1, reason="all gates passed", days_ago=0, cause="first version")
        conn.execute(update(candidates).where(candidates.c.id == made).values(dossier_digest=digest))


@pytest.mark.parametrize("file", FILES)
def test_each_file_is_sent_as_what_it_is(browser: TestClient, digest: str, file: str) -> None:
    page = browser.get(f"/airlock/dossiers/{digest}/{file}")
    assert page.status_code == 200 and f"<h1>{file}</h1>" in page.text
    assert page.headers["content-type"].startswith(FILES[file].split(";")[0])
    assert page.headers["x-content-type-options"] == "nosniff"
    downloaded = page.headers.get("content-disposition", "").startswith("attachment")
    assert downloaded is file.endswith(".docx")


def test_nothing_in_a_dossier_can_run_or_reach_the_session(browser: TestClient, digest: str) -> None:
    policy = browser.get(f"/airlock/dossiers/{digest}/dossier.html").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "sandbox;" in policy
    assert "allow-" not in policy and "script-src" not in policy


def test_a_stranger_sees_nothing(anonymous: TestClient, digest: str) -> None:
    page = anonymous.get(f"/airlock/dossiers/{digest}/dossier.html")
    assert page.status_code == 401 and "<h1>" not in page.text


@pytest.mark.parametrize(
    "path",
    [
        "{digest}/package/model.skops",
        "{digest}/package%2Fmodel.skops",
        "{digest}/..%2f..%2fsecret",
        "{digest}/model_card.docx%00.html",
        "{digest}/other.html",
        "{short}/dossier.html",
        "{upper}/dossier.html",
        "..%2f{digest}/dossier.html",
        "%2e%2e/dossier.html",
    ],
)
def test_no_other_file_and_no_other_name_is_sent(browser: TestClient, digest: str, path: str) -> None:
    route = path.format(digest=digest, short=digest[:12], upper=digest.upper())
    page = browser.get(f"/airlock/dossiers/{route}")
    assert page.status_code == 404 and SECRET not in page.text and "<script>1" not in page.text


def test_a_dossier_that_nothing_on_record_names_is_not_shown(browser: TestClient, store: Path) -> None:
    page = browser.get(f"/airlock/dossiers/{keep(store)}/dossier.html")
    assert page.status_code == 404 and "No candidate or release has the dossier" in page.text


def test_a_dossier_that_a_release_alone_names_is_shown(
    browser: TestClient, store: Path, engine: Engine, digest: str
) -> None:
    digest = keep(store, more="<p>asked about")
    with engine.begin() as conn:
        opened = release(conn, "loans", 1, "open", days_ago=0)
        conn.execute(update(releases).where(releases.c.id == opened).values(dossier_digest=digest))
    assert browser.get(f"/airlock/dossiers/{digest}/dossier.html").status_code == 200


def test_a_dossier_that_is_not_there_is_said(browser: TestClient, store: Path, engine: Engine) -> None:
    on_record(engine, "0" * 64)
    page = browser.get(f"/airlock/dossiers/{'0' * 64}/dossier.html")
    assert page.status_code == 404 and "Dossier 000000000000 is not in the evidence store" in page.text
    assert str(store) not in page.text


def test_a_dossier_of_which_any_byte_was_changed_is_not_shown(
    browser: TestClient, store: Path, digest: str
) -> None:
    (store / "dossiers" / digest / "package" / "model.skops").write_text("another model")
    page = browser.get(f"/airlock/dossiers/{digest}/dossier.html")
    assert page.status_code == 409 and "This evidence was changed" in page.text
    assert "<h1>dossier" not in page.text and str(store) not in page.text


def test_the_model_page_links_each_dossier_and_its_card(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        year(conn)
    page = browser.get("/airlock/models/credit_risk").text
    assert page.count(f'href="../dossiers/{"9" * 64}/dossier.html"') == 3
    assert page.count(f'<a data-leaves href="../dossiers/{"9" * 64}/model_card.docx">') == 3
    assert "None/dossier.html" not in page, "the first candidate is from before there were dossiers"
