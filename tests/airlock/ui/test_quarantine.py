"""The quarantine page: which rows wait, why, and what people decided."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.engine import Engine

from airlock.governance import quarantine
from airlock.ui.queries import MOST_HELD
from tests.airlock.governance.test_quarantine import Row
from tests.airlock.ui.history import MORNING

PAGE = "/airlock/models/credit_risk/quarantine"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def ids(engine: Engine) -> list[int]:
    """The ids of three held rows, one of which is hostile."""
    rows = (
        Row("one", entity_key="A-17", row={"loan": "A-17", "income": None, "sex": "female"}),
        Row(
            "two", entity_key=None, reasons=("age must be at least 18.", "income values must never be null.")
        ),
        Row("three", entity_key=EVIL, row={EVIL: EVIL}, reasons=(EVIL,)),
    )
    with engine.begin() as conn:
        hold(conn, *rows)
        return [row.id for row in quarantine.held(conn, "credit_risk")]


def hold(conn, *rows: Row) -> None:
    run = "manual__2026-11-02T08:15:00+00:00"
    quarantine.hold(conn, "credit_risk", rows, snapshot_digest="5" * 64, dag_run_id=run, at=MORNING)


def settle(engine: Engine, *ids: int, state: quarantine.Decision, because: str = "checked") -> None:
    at = MORNING + timedelta(hours=1)
    with engine.begin() as conn:
        quarantine.settle(conn, "credit_risk", ids, state=state, by="dana", because=because, at=at)


def test_nobody_sees_it_without_a_login(anonymous: TestClient) -> None:
    assert anonymous.get(PAGE).status_code == 401


def test_it_shows_every_held_row_with_its_reasons_and_values(browser: TestClient, ids: list[int]) -> None:
    page = browser.get(PAGE).text
    assert "Held (3)" in page
    for number in ids:
        assert f'<th scope="row" class="num">{number}</th>' in page
    for words in (
        "A-17",
        "age must be at least 18.",
        "<code>female</code>",
        '<span class="soft">missing</span>',
    ):
        assert words in page
    assert "../../../dags/credit_risk.train/runs/manual__2026-11-02T08%3A15%3A00%2B00%3A00" in page


def test_who_looks_at_it_stands_in_the_log(
    browser: TestClient, ids: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "airlock.ui.looks"):
        browser.get(PAGE)
        browser.get("/airlock/models/nobody/quarantine")
    looks = [one.getMessage() for one in caplog.records if one.name == "airlock.ui.looks"]
    assert looks == ["dana looked at the quarantine of credit_risk"]


def test_it_leads_to_the_form_that_settles(browser: TestClient, ids: list[int]) -> None:
    assert 'href="../../../dags/quarantine"' in browser.get(PAGE).text


def test_what_the_data_say_is_escaped(browser: TestClient, engine: Engine, ids: list[int]) -> None:
    settle(engine, ids[2], state="dropped", because=EVIL)
    hold_again = Row("four", entity_key=EVIL, row={EVIL: EVIL}, reasons=(EVIL,))
    with engine.begin() as conn:
        hold(conn, hold_again)
    page = browser.get(PAGE).text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") >= 9


def test_it_shows_what_was_decided_by_whom_and_why(
    browser: TestClient, engine: Engine, ids: list[int]
) -> None:
    settle(engine, ids[0], state="released", because="the clerk confirms it")
    page = browser.get(PAGE).text
    assert "Held (2)" in page
    assert '<span class="badge good">released</span> by <b>dana</b>' in page
    assert "the clerk confirms it" in page


def test_an_empty_quarantine_says_so(browser: TestClient) -> None:
    page = browser.get(PAGE).text
    assert "None: nothing waits for a decision." in page and "Nothing yet." in page


def test_an_unknown_model_is_not_found(browser: TestClient) -> None:
    assert browser.get("/airlock/models/nobody/quarantine").status_code == 404


def test_the_rows_of_a_model_that_is_gone_can_still_be_seen(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        quarantine.hold(conn, "gone", [Row("one")], snapshot_digest="s", dag_run_id="r", at=MORNING)
    assert "Held (1)" in browser.get("/airlock/models/gone/quarantine").text


def test_the_model_page_says_how_many_are_held_and_leads_there(
    browser: TestClient, engine: Engine, ids: list[int]
) -> None:
    link = '<a href="../models/credit_risk/quarantine">{}</a>'
    assert link.format("3 rows held") in browser.get("/airlock/models/credit_risk").text
    settle(engine, state="dropped")
    assert link.format("0 rows held") in browser.get("/airlock/models/credit_risk").text


def test_a_long_quarantine_is_cut_and_says_so(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        hold(conn, *(Row(str(number)) for number in range(MOST_HELD + 5)))
    page = browser.get(PAGE).text
    assert f"The oldest {MOST_HELD} of {MOST_HELD + 5}." in page


def test_it_loads_and_links_nothing_absolute(browser: TestClient, ids: list[int]) -> None:
    page = browser.get(PAGE)
    links = re.findall(r'(?:href|src)="([^"]*)"', page.text)
    assert links and all(re.match(r"\.{1,2}/|#", link) for link in links)
    assert not re.search(r'\sstyle="|\son\w+="', page.text)
