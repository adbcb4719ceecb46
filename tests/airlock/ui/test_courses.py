"""What the model's page shows of the business and of the scoring API, night by night."""

from datetime import date, timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import update
from sqlalchemy.engine import Connection, Engine

from airlock.governance.tables import nights
from tests.airlock.ui.history import night, year

LAST = date(2026, 11, 3)
LOST = {"title": "Money <lost>", "unit": "EUR", "at_least": None, "at_most": 4000.0, "reason": None}
ASKED = {
    "requests": 1250, "refusals": 50, "failures": 12, "p50_ms": 2.0, "p95_ms": 5.0, "p99_ms": None,
}  # fmt: skip


def measured(conn: Connection, ago: int, **measures: Any) -> None:
    """Record a night with measures."""
    night(conn, "credit_risk", LAST - timedelta(days=ago))
    conn.execute(update(nights).where(nights.c.night == LAST - timedelta(days=ago)).values(measures=measures))


def page_of(browser: TestClient) -> str:
    return browser.get("/airlock/models/credit_risk").text


def test_nights_of_before_have_no_business_and_no_api(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        year(conn)
    page = page_of(browser)
    assert 'id="business"' not in page and 'id="scoring-api"' not in page


def test_an_indicator_is_shown_night_by_night(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        year(conn)
        measured(conn, 0, indicators={"lost": LOST | {"value": 5120.0}, "new": LOST | {"value": 1.0}})
        measured(conn, 1, indicators={"lost": LOST | {"value": None, "reason": "It is <gone>."}})
    page = page_of(browser)
    assert "Money &lt;lost&gt;" in page and "EUR, at most 4,000" in page
    assert '<td class="num bad">5,120</td>' in page
    assert '<td class="num bad">unknown<div class="small">It is &lt;gone&gt;.</div></td>' in page
    assert '<td class="num">1</td>' in page and '<td class="num">not asked for</td>' in page


def test_the_scoring_api_is_shown_night_by_night(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        year(conn)
        measured(conn, 0, service=ASKED)
        measured(conn, 1, service=ASKED | {"requests": 50})
        measured(conn, -1, service=None)
    page = page_of(browser)
    for words in ("1,200", "1.0 %", "2 ms", "5 ms", "over 10000 ms"):
        assert f'<td class="num">{words}</td>' in page
    assert '<td class="num">none</td>' in page
    assert page.count('scope="row" class="nowrap num">2026-11-04') == 1
