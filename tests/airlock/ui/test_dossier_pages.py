"""The pages of dossiers: all of them, one with what became of it, and the tab beside Required Actions."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from airlock.governance.grants import READER
from airlock.governance.tables import candidates, releases
from airlock.store import Store
from airlock.ui import queries
from tests.airlock.database_roles import as_role
from tests.airlock.ui.history import answer, candidate, release, year

PAGE = "/airlock/dossiers"
RUN = f"{PAGE}/run"


@pytest.fixture
def digest(store: Path) -> str:
    """A dossier as the store keeps it."""
    keeping = Store(store)
    with keeping.staging() as folder:
        (folder / "dossier.html").write_text("<h1>The evidence</h1>")
        return keeping.keep("dossiers", folder)


@pytest.fixture
def run(engine: Engine, digest: str) -> str:
    """The run of a release that waits for its second answer, about that dossier."""
    with engine.begin() as conn:
        year(conn)
        about = candidate(conn, "credit_risk", 6, reason="all gates passed", days_ago=0, cause="<b>drift</b>")
        opened = release(conn, "credit_risk", about, "open", days_ago=0)
        answer(conn, opened, 1, "ria", "Approve", "evidence <read>")
        for table, of_one in ((candidates, candidates.c.id == about), (releases, releases.c.id == opened)):
            conn.execute(sa.update(table).where(of_one).values(dossier_digest=digest))
        query = sa.select(releases.c.dag_run_id).where(releases.c.id == opened)
        return str(conn.execute(query).scalar_one())


def test_the_list_shows_each_dossier_with_how_it_stands(browser: TestClient, run: str, digest: str) -> None:
    page = browser.get(PAGE).text
    assert f'href="./dossiers/{digest}"' in page and "version 6" in page
    newest = page[page.index("<tbody>") : page.index("</tr>", page.index("<tbody>"))]
    assert digest[:12] in newest and "1 of 2" in newest and "ria" in newest and ">open<" in newest
    assert "roc_auc is 0.684" in page and "nobody asked" in page, "refused candidates have dossiers too"
    assert "version 3" not in page, "it is from before there were dossiers"


def test_the_list_can_be_of_one_model(browser: TestClient, run: str) -> None:
    assert "version 6" in browser.get(PAGE, params={"model": "credit_risk"}).text
    page = browser.get(PAGE, params={"model": "<script>"}).text
    assert "None of &lt;script&gt;" in page and "version 6" not in page


def test_an_installation_without_dossiers_says_what_leaves_one(browser: TestClient) -> None:
    assert "No dossier yet." in browser.get(PAGE).text


def test_one_dossier_stands_below_what_became_of_it(browser: TestClient, run: str, digest: str) -> None:
    page = browser.get(f"{PAGE}/{digest}")
    assert page.status_code == 200 and f"<code>{digest}</code>" in page.text
    for words in ("Dossier of credit_risk version 6", "1 of 2", "evidence &lt;read&gt;", "&lt;b&gt;drift"):
        assert words in page.text
    assert f'src="../dossiers/{digest}/dossier.html" sandbox' in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    shown = browser.get(f"{PAGE}/{digest}/dossier.html")
    assert (
        "The evidence" in shown.text and "frame-ancestors 'self'" in shown.headers["content-security-policy"]
    )


def test_no_other_page_may_show_frames(browser: TestClient) -> None:
    assert "frame-src 'none'" in browser.get(PAGE).headers["content-security-policy"]


def test_the_tab_of_a_release_shows_what_its_people_decide_about(
    browser: TestClient, run: str, digest: str
) -> None:
    page = browser.get(RUN, params={"dag": "credit_risk.release", "run": run})
    assert page.status_code == 200 and f'src="../dossiers/{digest}/dossier.html"' in page.text


def test_the_tab_of_an_older_release_shows_how_that_one_ended(
    browser: TestClient, run: str, engine: Engine
) -> None:
    rejected = sa.select(releases.c.dag_run_id).where(releases.c.state == "rejected")
    with engine.connect() as conn:
        older = conn.execute(rejected).scalar_one()
    page = browser.get(RUN, params={"dag": "credit_risk.release", "run": older}).text
    assert "version 4" in page and "omar rejected: small loans." in page, (
        "not of the newer release of version 4"
    )


def test_the_tab_of_a_training_shows_what_it_left(
    browser: TestClient, engine: Engine, digest: str, run: str
) -> None:
    query = sa.select(candidates.c.dag_run_id).where(candidates.c.dossier_digest == digest)
    with engine.connect() as conn:
        training = conn.execute(query).scalar_one()
    page = browser.get(RUN, params={"dag": "credit_risk.train", "run": training}).text
    assert "Dossier of credit_risk version 6" in page


@pytest.mark.parametrize(
    ("dag", "words"),
    [
        ("credit_risk.release", "This run has opened no release"),
        ("credit_risk.train", "No candidate came of this run so far"),
        ("tumour_diagnosis.release", "This run has opened no release"),
        ("credit_risk.monitor", "Runs of credit_risk.monitor are about no dossier."),
        ("audit", "Runs of audit are about no dossier."),
        ("<script>", "Runs of &lt;script&gt; are about no dossier."),
        (".release", "This run has opened no release"),
        ("", "Runs of  are about no dossier."),
    ],
)
def test_the_tab_of_any_other_task_says_that_there_is_none(
    browser: TestClient, run: str, dag: str, words: str
) -> None:
    other = "manual__2026" if dag.startswith("credit") else run
    page = browser.get(RUN, params={"dag": dag, "run": other})
    assert page.status_code == 404 and words in page.text and "<iframe" not in page.text


def test_a_tab_that_names_no_run_is_refused(browser: TestClient) -> None:
    assert browser.get(RUN).status_code == 422


@pytest.mark.parametrize("other", ["0" * 64, "short", "%2e%2e"])
def test_a_dossier_of_no_candidate_is_not_found(browser: TestClient, run: str, other: str) -> None:
    assert browser.get(f"{PAGE}/{other}").status_code == 404


@pytest.mark.parametrize(
    "address", ["/x%00", "?model=%00", "/run?dag=credit_risk.release&run=%00", "/run?dag=%00.train&run=x"]
)
def test_a_nul_in_an_address_is_found_nowhere(browser: TestClient, run: str, address: str) -> None:
    page = browser.get(PAGE + address)
    assert page.status_code == 404 and "No address of Airlock has a NUL in it." in page.text


def test_a_dossier_that_was_changed_is_not_shown(
    browser: TestClient, store: Path, run: str, digest: str
) -> None:
    (store / "dossiers" / digest / "dossier.html").write_text("<h1>Better evidence</h1>")
    for page in (
        browser.get(f"{PAGE}/{digest}"),
        browser.get(RUN, params={"dag": "credit_risk.release", "run": run}),
    ):
        assert page.status_code == 409 and "is no longer what its digest says" in page.text
        assert "<iframe" not in page.text


def test_a_dossier_that_the_store_lost_is_said(browser: TestClient, run: str) -> None:
    page = browser.get(f"{PAGE}/{'9' * 64}")
    assert page.status_code == 409 and "is not in the evidence store" in page.text
    assert "<iframe" not in page.text


def test_many_dossiers_cost_no_more_queries_than_one(
    browser: TestClient, engine: Engine, airlock_database: str
) -> None:
    statements: list[str] = []
    reader = queries.engine(as_role(READER, airlock_database))
    event.listen(reader, "before_cursor_execute", lambda *a: statements.append(a[2]))
    counts = []
    for number in range(12):
        with engine.begin() as conn:
            year(conn, f"model_{number}")
        statements.clear()
        browser.get(PAGE).raise_for_status()
        counts.append(len(statements))
    assert len(set(counts)) == 1 and counts[0] <= 3
