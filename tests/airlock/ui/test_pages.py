"""The pages: what they show, when there is nothing to show, and when something is broken."""

import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from airlock.governance import incidents, reproductions
from airlock.governance.grants import READER
from airlock.governance.tables import nights, releases
from airlock.ui import queries
from tests.airlock.database_roles import as_role
from tests.airlock.governance.records import register
from tests.airlock.ui.history import MORNING, months, night, reproduction, year

ROUTES = (
    "/airlock/",
    "/airlock/models/credit_risk",
    "/airlock/pages/credit_risk/x.html",
    "/airlock/anything/else",
)


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_sees_a_page_without_a_login(anonymous: TestClient, route: str) -> None:
    assert anonymous.get(f"/airlock{route}").status_code == 401


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(browser: TestClient, method: str) -> None:
    assert getattr(browser, method)("/airlock/").status_code == 405


def test_the_models_page_shows_what_serves_what_waits_and_how_the_night_was(
    browser: TestClient, engine: Engine
) -> None:
    with engine.begin() as conn:
        year(conn)
    page = browser.get("/airlock/").text
    for words in ("Credit default risk", "tier high", "Dana Keller", "<b>version 4</b>", "Waits for its"):
        assert words in page
    assert "2 findings" in page and "income has shifted: PSI 1.84" in page
    assert 'href="./../dags/credit_risk.train"' in page
    assert 'href="./pages/credit_risk/nights/2026-11-01.html"' in page


def test_the_model_page_shows_its_whole_life(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        year(conn)
    page = browser.get("/airlock/models/credit_risk").text
    assert "roc_auc <b>0.742</b>" in page and "calibration_error <b>NaN</b>" in page
    for words in (
        "roc_auc is 0.684",
        "Replaced by the version",
        "Other cases come than in &lt;",
    ):
        assert words in page
    assert "<b>omar</b>" in page and "calibration for &lt;small&gt; loans" in page
    assert "../../dags/credit_risk.release/runs/asset_triggered__2026-10-03T08%3A15%3A00%2B00%3A00_" in page
    assert 'href="../pages/credit_risk/nights/2026-11-01.html"' in page


def test_the_models_page_shows_challengers_open_incidents_and_why_something_is_not_deployed(
    browser: TestClient, engine: Engine
) -> None:
    with engine.begin() as conn:
        months(conn)
        register(conn, model="tumour_diagnosis", version=None, reason="<b>recall</b> is 0.6.")
    page = browser.get("/airlock/").text
    assert "beside it <b>version 5</b> with 20 % of the entities (canary)" in page
    assert 'href="./models/credit_risk#incidents">1 open</a>' in page
    assert "&lt;b&gt;recall&lt;/b&gt; is 0.6." in page
    with engine.begin() as conn:
        conn.execute(sa.update(releases).where(releases.c.state == "open").values(state="approved"))
    assert "It answers 20 % of the entities" not in browser.get("/airlock/").text  # of version 3, not of 5
    assert "It is approved and not deployed yet" in browser.get("/airlock/").text


def test_the_model_page_draws_its_months_and_says_what_is_drawn(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        months(conn)
    page = browser.get("/airlock/models/credit_risk").text
    for words in (
        'aria-label="From 2026-09-01 to ',
        'aria-label="roc_auc: 0.76 (1 Sep) to 0.648 (31 Oct), lowest 0.648, highest 0.76; ',
        'aria-label="Drift by column and night. income: highest PSI ',
        'aria-label="demographic_parity_ratio of sex: ',
        "Money &lt;lost&gt;: 3,000 (1 Sep)",
        "<b>version 5</b> with 20 % of the entities (canary)",
        "<b>sam</b> rolled version 5 back (deployment 3): Errors &lt;doubled&gt;.",
        f'href="../lineage/snapshot/{"5" * 64}"',
        'href="../lineage/version/credit_risk/4"',
        'href="../lineage/source/warehouse"',
    ):
        assert words in page, words
    assert "<lost>" not in page and "<doubled>" not in page and "<debt>" not in page


def test_the_model_page_links_its_open_incidents(browser: TestClient, engine: Engine) -> None:
    about = {"kind": "drift", "facts": {}, "at": MORNING, "model": "credit_risk"}
    with engine.begin() as conn:
        known, _ = incidents.open_incident(conn, key="a", sentence="<b>debt</b> has shifted.", **about)
        other = {**about, "model": "tumour_diagnosis"}
        incidents.open_incident(conn, key="b", sentence="Another model.", **other)
    page = browser.get("/airlock/models/credit_risk").text
    assert f'<a href="../incidents/{known.id}">{known.id}</a> &lt;b&gt;debt&lt;/b&gt; has shifted.' in page
    assert "nobody&#39;s yet" in page and "Another model." not in page
    with engine.begin() as conn:
        incidents.settle(conn, known.id, by="mika", because="Known.", at=MORNING, run=None)
    assert "none open" in browser.get("/airlock/models/credit_risk").text


def test_every_candidate_says_where_it_stands_and_whether_it_came_out_the_same_again(
    browser: TestClient, engine: Engine
) -> None:
    with engine.begin() as conn:
        year(conn)
        reproductions.record(conn, reproduction(version=4))
    page = browser.get("/airlock/models/credit_risk").text
    for words in (
        "It was in production from 2026-09-03",
        "Replaced by the version after it.</td>",
        "roc_auc is 0.684; the policy asks for at least 0.7.",
        "It is in production, since 2026-10-03",
        "It waits for 2 of 2 people to answer",
        "is the same to the last byte",
    ):
        assert words in page


def test_a_model_without_records_says_what_comes_first(browser: TestClient) -> None:
    assert "none yet" in browser.get("/airlock/").text
    assert "trigger credit_risk.train" in browser.get("/airlock/models/credit_risk").text


def test_an_installation_without_models_says_how_to_begin(browser: TestClient, include: Path) -> None:
    for file in include.glob("models/*/model.yaml"):
        file.unlink()
    assert "No model yet." in browser.get("/airlock/").text


def test_a_broken_spec_is_shown_with_its_error_and_breaks_nothing_else(
    browser: TestClient, include: Path
) -> None:
    shutil.copytree(include / "models" / "credit_risk", include / "models" / "broken")
    file = include / "models" / "broken" / "model.yaml"
    file.write_text(file.read_text().replace("purpose:", "<i>prupose</i>:", 1))
    page = browser.get("/airlock/")
    assert page.status_code == 200
    assert "&lt;i&gt;prupose&lt;/i&gt;: is not a key Airlock knows" in page.text
    assert "Credit default risk" in page.text
    assert "purpose: is missing" in browser.get("/airlock/models/broken").text


def test_many_problems_of_a_spec_are_all_on_its_own_page(browser: TestClient, include: Path) -> None:
    (include / "models" / "broken").mkdir()
    (include / "models" / "broken" / "model.yaml").write_text("ownre: me\n")
    assert re.search(r"All \d+ problems", browser.get("/airlock/").text)
    assert "ownre: is not a key" in browser.get("/airlock/models/broken").text


def test_a_mended_spec_is_shown_at_once(browser: TestClient, include: Path) -> None:
    file = include / "models" / "credit_risk" / "model.yaml"
    whole = file.read_text()
    for content, shown in ((whole + "oops: 1\n", True), (whole, False)):
        file.write_text(content)
        assert ("oops: is not a key" in browser.get("/airlock/").text) is shown


def test_a_spec_that_people_yaml_makes_unusable_or_usable_is_shown_so_at_once(
    browser: TestClient, include: Path
) -> None:
    file = include / "people.yaml"
    whole = file.read_text()
    for content, shown in ((whole, False), (whole.replace("omar:", "olga:"), True), (whole, False)):
        file.write_text(content)
        assert ("omar is not in people.yaml" in browser.get("/airlock/").text) is shown


def test_a_champion_whose_folder_is_gone_is_named(browser: TestClient, engine: Engine, include: Path) -> None:
    with engine.begin() as conn:
        year(conn, "forgotten")
    assert "In production without a folder in include/models" in browser.get("/airlock/").text
    assert "It has no folder in include/models any more" in browser.get("/airlock/models/forgotten").text


def test_an_unknown_model_is_not_found(browser: TestClient) -> None:
    page = browser.get("/airlock/models/nobody")
    assert page.status_code == 404 and "There is no model nobody" in page.text


def test_an_unknown_page_is_not_found(browser: TestClient) -> None:
    assert browser.get("/airlock/models/a/b/c").status_code == 404


def test_what_the_data_say_is_escaped(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        night(conn, "credit_risk", date(2026, 11, 1), "<script>alert(1)</script>")
    for route in ("/airlock/", "/airlock/models/credit_risk"):
        page = browser.get(route).text
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page


@pytest.mark.parametrize("route", ["/airlock/", "/airlock/models/credit_risk"])
def test_a_database_that_is_down_is_said(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, route: str
) -> None:
    monkeypatch.setenv("AIRLOCK_DATABASE_URL", "postgresql+psycopg2://airlock:secret@127.0.0.1:1/airlock")
    page = browser.get(route)
    assert page.status_code == 503 and "The airlock database does not answer" in page.text
    assert "secret" not in page.text + caplog.text


def test_a_database_without_tables_is_said(
    browser: TestClient, fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRLOCK_DATABASE_URL", fresh_database)
    assert "its tables are not there" in browser.get("/airlock/").text


def test_a_database_that_is_not_configured_is_said(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRLOCK_DATABASE_URL")
    assert "AIRLOCK_DATABASE_URL is not set" in browser.get("/airlock/").text


@pytest.mark.parametrize("route", ["/airlock/", "/airlock/models/credit_risk", "/airlock/models/nobody"])
def test_a_page_loads_and_links_nothing_absolute(browser: TestClient, engine: Engine, route: str) -> None:
    with engine.begin() as conn:
        year(conn)
    page = browser.get(route)
    links = re.findall(r'(?:href|src)="([^"]*)"', page.text)
    assert links and all(
        re.match(r"\.{1,2}/|#|mailto:|http://127\.0\.0\.1:5000/#/runs/", link) for link in links
    )
    nonce = re.search(r"script-src 'nonce-([^']+)'", page.headers["content-security-policy"])
    assert nonce and f'<script nonce="{nonce[1]}">' in page.text
    assert not re.search(r'\sstyle="|\son\w+="', page.text)


def test_many_models_cost_no_more_queries_than_one(
    browser: TestClient, engine: Engine, airlock_database: str
) -> None:
    statements: list[str] = []
    event.listen(
        queries.engine(as_role(READER, airlock_database)),
        "before_cursor_execute",
        lambda *a: statements.append(a[2]),
    )
    counts = []
    for model in ("credit_risk", *(f"gone_{number}" for number in range(30))):
        with engine.begin() as conn:
            year(conn, model)
        if model in ("credit_risk", "gone_29"):
            statements.clear()
            assert browser.get("/airlock/").status_code == 200
            counts.append(len(statements))
    assert counts[0] == counts[1] <= 11


def test_long_histories_are_cut(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        for ago in range(70):
            night(conn, "credit_risk", date(2026, 11, 1) - timedelta(days=ago))
    page = browser.get("/airlock/models/credit_risk").text
    assert page.count("Report of ") == 61 and "The newest 61." in page


def test_a_night_that_was_not_over_when_it_was_measured_is_not_the_newest(engine: Engine) -> None:
    with engine.begin() as conn:
        for day in (date(2026, 11, 1), date(2099, 1, 1)):
            night(conn, "credit_risk", day)
        conn.execute(sa.update(nights).values(measured_at=MORNING))
        newest = queries.newest_of_all(conn)["credit_risk"].night
    assert newest is not None and newest["night"] == date(2026, 11, 1)


def test_a_night_says_where_todays_spec_is_not_what_judged_it(browser: TestClient, engine: Engine) -> None:
    page = "/airlock/models/credit_risk"
    with engine.begin() as conn:
        night(conn, "credit_risk", date(2026, 11, 3))
    assert "Judged by the spec" not in browser.get(page).text
    for judged_by, words in (
        ({"spec": "another", "first": True}, "Judged by the spec and the suite of then."),
        ({"spec": "another", "first": False}, "without a record of the spec that judged it first"),
    ):
        with engine.begin() as conn:
            conn.execute(sa.update(nights).values(measures={"judged_by": judged_by}))
        assert words in browser.get(page).text
