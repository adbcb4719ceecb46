"""The page of the audit log: what was done, by whom, and where the log is anchored."""

import re
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.engine import Engine

from airlock.governance import audit_log
from airlock.governance.audit_log import Act
from airlock.ui.audit import MOST, WORDS
from tests.airlock.ui.history import MORNING

PAGE = "/airlock/audit"
EVIL = "<script>alert(1)</script>"


def append(
    engine: Engine, act: Act, actor: str = "ria", model: str | None = "credit_risk", **facts: Any
) -> None:
    with engine.begin() as conn:
        audit_log.append(conn, act, actor=actor, at=MORNING, model=model, run="a.release/r", facts=facts)


def test_nobody_sees_it_without_a_login(anonymous: TestClient) -> None:
    assert anonymous.get(PAGE).status_code == 401


def test_an_empty_log_says_so(browser: TestClient) -> None:
    page = browser.get(PAGE).text
    assert "Nothing yet." in page and "Not verified yet." in page


def test_rows_are_sentences_newest_first(browser: TestClient, engine: Engine) -> None:
    append(engine, "answer_recorded", release=4, slot=1, choice="Approve", reason="evidence read")
    append(engine, "deployed", "credit_risk.release", version=3, deployment=2, release=4)
    page = browser.get(PAGE).text
    assert "<b>ria</b> answered Approve to release 4 (answer 1): evidence read" in page
    assert "<b>credit_risk.release</b> deployed version 3 (deployment 2, release 4)" in page
    assert page.index("deployed version 3") < page.index("answered Approve")


def test_the_last_anchor_is_shown_whole(browser: TestClient, engine: Engine) -> None:
    append(engine, "log_anchored", "audit", None, seq=17, digest="ab" * 32)
    page = browser.get(PAGE).text
    assert "Last anchored" in page and f"row 17 has the digest <code>{'ab' * 32}</code>" in page


def test_every_act_has_words() -> None:
    assert WORDS.keys() == set(get_args(Act))


def test_the_rows_of_one_model(browser: TestClient, engine: Engine) -> None:
    append(engine, "deployed", version=3)
    append(engine, "deployed", model="churn", version=71)
    page = browser.get(PAGE, params={"model": "churn"}).text
    assert "Audit log of churn" in page and "version 71" in page and "version 3" not in page


def test_what_people_wrote_is_escaped(browser: TestClient, engine: Engine) -> None:
    append(engine, "answer_recorded", EVIL, EVIL, release=EVIL, reason=EVIL, **{EVIL: [EVIL]})
    append(engine, "log_anchored", EVIL, None, seq=EVIL, digest=EVIL)
    for query in ({}, {"model": EVIL}):
        page = browser.get(PAGE, params=query).text
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page


@pytest.mark.parametrize("facts", ["text", [1], None])
def test_facts_of_another_shape_break_nothing(browser: TestClient, engine: Engine, facts: Any) -> None:
    with engine.begin() as conn:
        last = audit_log.head(conn)
        row = {
            "seq": 1,
            "at": MORNING,
            "act": "log_anchored",
            "actor": "eve",
            "previous": last.digest,
            "digest": "d",
        }
        conn.execute(audit_log.audit_log.insert().values(row | {"facts": facts}))
    assert browser.get(PAGE).status_code == 200


def test_a_long_log_is_cut_and_says_so(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        for number in range(MOST + 1):
            audit_log.append(conn, "incident_noted", actor="omar", at=MORNING, facts={"number": number})
    page = browser.get(PAGE).text
    assert f"The newest {MOST}." in page and page.count("noted about incident") == MOST


def test_the_models_page_leads_there(browser: TestClient) -> None:
    assert 'href="./audit"' in browser.get("/airlock/").text


def test_it_loads_and_links_nothing_absolute(browser: TestClient, engine: Engine) -> None:
    append(engine, "deployed", version=3)
    links = re.findall(r'(?:href|src)="([^"]*)"', browser.get(PAGE).text)
    assert links and all(re.match(r"\.{1,2}/|#", link) for link in links)
