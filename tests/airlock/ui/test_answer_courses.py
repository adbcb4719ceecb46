"""What the model's page shows of what answers are worth: by estimate, and to protected groups."""

from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from sqlalchemy.engine import Connection, Engine

from airlock.governance.tables import nights
from tests.airlock.ui.history import night, year

LAST = date(2026, 11, 3)
RANGE = {"mean": 0.712, "low": 0.69, "high": 0.735}
OWN = {"rows": 40, "metrics": {"roc_auc": {"mean": 0.5, "low": 0.41, "high": 0.6}}, "reason": ""}
WORSE = {"kind": "estimate", "column": "roc_auc", "sentence": "By estimate it is low."}
PARITY = {
    "value": 0.71, "low": 0.65, "high": 0.78, "figure": "selection_rate",
    "between": ["male", "<female>"], "figures": [0.31, 0.22],
}  # fmt: skip
UNKNOWN = PARITY | {"value": None, "low": None, "high": None, "between": [], "figures": []}
APART = {"kind": "fairness", "column": "demographic_parity_ratio/sex", "sentence": "They lie apart."}


def compared(**disparities: Any) -> dict[str, Any]:
    """Return a comparison as a night records it."""
    groups = [
        {"group": "<female>", "rows": 1400, "figures": {"selection_rate": [0.22, 0.2, 0.24]}},
        {"group": "male", "rows": 30, "figures": {"selection_rate": [None, None, None]}},
    ]
    attribute = {"attribute": "sex", "groups": groups, "disparities": disparities}
    return {"rows": 1430, "answers": 1430, "attributes": [attribute], "reason": "", "blind": False}


def measured(conn: Connection, ago: int, *findings: dict[str, Any], **measures: Any) -> None:
    """Record a night with measures and findings."""
    day = LAST - timedelta(days=ago)
    night(conn, "credit_risk", day)
    values = {"measures": measures, "findings": list(findings)}
    conn.execute(update(nights).where(nights.c.night == day).values(values))


def page_of(browser: TestClient) -> str:
    return browser.get("/airlock/models/credit_risk").text


@pytest.fixture
def conn(engine: Engine) -> Any:
    with engine.begin() as conn:
        year(conn)
    with engine.connect() as conn:
        yield conn


def test_nights_of_before_have_neither(browser: TestClient, conn: Connection) -> None:
    page = page_of(browser)
    assert 'id="estimate-before-outcomes"' not in page
    assert 'id="protected-groups"' not in page and 'id="groups"' not in page


def test_an_estimate_is_of_what_has_no_outcomes_or_else_of_the_night(
    browser: TestClient, conn: Connection
) -> None:
    pending = {"rows": 900, "metrics": {"roc_auc": RANGE, "f1": None}, "reason": ""}
    few = pending | {"metrics": None, "reason": "There are too few."}
    measured(conn, 0, WORSE, estimate={"night": OWN, "pending": pending, "judged": True})
    measured(conn, 1, estimate={"night": OWN, "pending": few, "judged": False})
    conn.commit()
    page = page_of(browser)
    assert '<td class="num bad">0.712 (0.69 to 0.735)</td>' in page
    assert '<td class="num">0.5 (0.41 to 0.6)</td>' in page
    assert ">f1<" not in page


def test_disparities_that_are_limited_are_shown_with_the_two_groups(
    browser: TestClient, conn: Connection
) -> None:
    answers = compared(demographic_parity_ratio=PARITY)
    measured(conn, 0, APART, fairness={"answers": answers, "outcomes": None, "judged": False})
    measured(conn, 1, fairness={"answers": compared(demographic_parity_ratio=UNKNOWN), "outcomes": None})
    conn.commit()
    page = page_of(browser)
    assert "demographic_parity_ratio of sex" in page and "at least 0.8, over answers" in page
    assert "calibration_difference of region" in page and "at most 0.15, over outcomes" in page
    ends = '<div class="small">male 0.31, &lt;female&gt; 0.22</div>'
    assert f'<td class="num bad">0.71 (0.65 to 0.78){ends}</td>' in page
    assert '<td class="num">unknown</td>' in page and '<td class="num">none due yet</td>' in page


def test_every_group_of_the_newest_night_is_shown(browser: TestClient, conn: Connection) -> None:
    outcomes = compared(equalized_odds_difference=PARITY)
    outcomes["attributes"][0]["groups"] = [
        {"group": "<female>", "rows": 700, "figures": {"true_positive_rate": [0.5, 0.4, 0.6]}}
    ]
    answers = compared(demographic_parity_ratio=PARITY)
    measured(conn, 0, fairness=None)
    measured(conn, 1, fairness={"answers": answers, "outcomes": outcomes, "judged": True})
    conn.commit()
    page = page_of(browser)
    assert "Protected groups in the night of 2026-11-02" in page
    assert '<th scope="row">&lt;female&gt;</th>' in page
    for cell in ("1,400", "700", "0.22 (0.2 to 0.24)", "0.5 (0.4 to 0.6)", "30", "not defined", "none"):
        assert f'<td class="num nowrap">{cell}</td>' in page, cell


def test_groups_that_could_not_be_compared_say_why(browser: TestClient, conn: Connection) -> None:
    blind = compared() | {"attributes": None, "reason": "The source knows 3 of 900 people; 500 are needed."}
    measured(conn, 0, fairness={"answers": blind, "outcomes": blind, "judged": False})
    conn.commit()
    page = page_of(browser)
    assert "The source knows 3 of 900 people; 500 are needed." in page
    assert 'id="groups"' not in page
