"""The page of incidents: what is open and how to restore it, what was settled by whom and why."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.engine import Engine

from airlock.governance import incident_events, incidents, nights
from airlock.governance.nights import Night
from airlock.ui.incidents import MOST_OPEN
from tests.airlock.ui.history import MORNING

PAGE = "/airlock/incidents"
EVIL = "<script>alert(1)</script>"
MOVED = (
    "MLflow's alias champion of credit_risk points at version 5, and the record says that version 4 serves."
)
FACTS = {"mend": "A restore points the alias at version 4.", "restorable": True}


def found(engine: Engine, key: str = "alias_moved/credit_risk/champion", **changes: Any) -> int:
    given = {"kind": "alias_moved", "model": "credit_risk", "sentence": MOVED, "facts": FACTS, "at": MORNING}
    with engine.begin() as conn:
        return incidents.open_incident(conn, key=key, **{**given, **changes})[0].id


def settled(engine: Engine, number: int, because: str = "somebody tried the alias out") -> None:
    at = MORNING + timedelta(hours=1)
    with engine.begin() as conn:
        incidents.settle(conn, number, by="mika", because=because, at=at, run="restore/manual__1")


def test_nobody_sees_it_without_a_login(anonymous: TestClient) -> None:
    assert anonymous.get(PAGE).status_code == 401


def test_it_shows_what_is_open_since_when_and_how_to_restore_it(browser: TestClient, engine: Engine) -> None:
    number = found(engine)
    lost = {"mend": "Restore the store from its backup.", "restorable": False}
    found(engine, "unchecked/mlflow", kind="unchecked", model=None, sentence="MLflow is silent.", facts=lost)
    page = browser.get(PAGE).text
    assert "Open (2)" in page
    assert f'<th scope="row" class="num"><a href="./incidents/{number}"' in page
    assert "alias champion of credit_risk points at version 5" in page
    for words in (FACTS["mend"], "in one step", lost["mend"], "by a person", "this installation"):
        assert words in page
    assert '<time class="nowrap num" datetime="2026-11-02T08:15:00+00:00">' in page
    assert 'href="./models/credit_risk"' in page and 'href="./../dags/restore"' in page


def test_it_shows_what_was_settled_by_whom_and_why(browser: TestClient, engine: Engine) -> None:
    settled(engine, found(engine))
    page = browser.get(PAGE).text
    assert "Open (0)" in page and "everything was as it must be" in page
    assert "<b>mika</b>" in page and "somebody tried the alias out" in page


def test_what_was_found_and_said_is_escaped(browser: TestClient, engine: Engine) -> None:
    evil = {"kind": EVIL, "model": EVIL, "sentence": EVIL, "facts": {"mend": EVIL, "restorable": False}}
    settled(engine, found(engine, "one", **evil), because=EVIL)
    found(engine, "another", **evil)
    page = browser.get(PAGE).text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") >= 8


def test_nothing_found_yet_is_said(browser: TestClient) -> None:
    page = browser.get(PAGE).text
    assert "None: at the last look" in page and "Nothing yet." in page


def test_a_long_list_is_cut_and_says_so(browser: TestClient, engine: Engine) -> None:
    for number in range(MOST_OPEN + 1):
        found(engine, f"package_changed/credit_risk/{number}")
    assert f"The oldest {MOST_OPEN} of {MOST_OPEN + 1}." in browser.get(PAGE).text


@pytest.mark.parametrize(("count", "words"), [(0, "0 open incidents"), (1, "1 open incident"), (2, "2 open")])
def test_the_models_page_says_how_many_are_open_and_leads_there(
    browser: TestClient, engine: Engine, count: int, words: str
) -> None:
    for number in range(count):
        found(engine, f"package_changed/credit_risk/{number}")
    assert re.search(rf'<a href="\./incidents"[^>]*>{words}', browser.get("/airlock/").text)


def test_it_loads_and_links_nothing_absolute(browser: TestClient, engine: Engine) -> None:
    found(engine)
    page = browser.get(PAGE)
    links = re.findall(r'(?:href|src)="([^"]*)"', page.text)
    assert links and all(re.match(r"\.{1,2}/|#", link) for link in links)
    assert not re.search(r'\sstyle="|\son\w+="', page.text)


def watched(engine: Engine) -> int:
    """Let the nights find drift twice; mika gives it to dana, and a training is linked."""
    first = MORNING.date()
    night = {"kind": "drift", "run": "credit_risk.monitor/scheduled__1"}
    drift = {**night, "sentence": "income has shifted.", "facts": {"mend": "Read the report."}}
    number = found(engine, "night/credit_risk/drift", day=first, **drift)
    found(engine, "night/credit_risk/drift", day=first + timedelta(days=1), **drift)
    with engine.begin() as conn:
        report = "credit_risk/nights/2026-11-02.html"
        nights.record(conn, Night("credit_risk", first, 1, 250, {}, [], report, MORNING))
        said: dict[str, Any] = {"by": "mika", "at": MORNING, "run": "incident/manual__1"}
        incidents.assign(conn, number, owner="dana", because="She knows the feed.", **said)
        run = "credit_risk.train/asset_triggered__2026-11-03T03:00:00+00:00_a/b"
        incident_events.append(
            conn, number, "run_linked", by="credit_risk.train", at=MORNING, text="A training.", run=run
        )
    return number


def test_an_incident_s_page_has_its_owner_timeline_reports_and_runs(
    browser: TestClient, engine: Engine
) -> None:
    number = watched(engine)
    page = browser.get(f"{PAGE}/{number}").text
    events = re.findall(r'<span class="badge \w+">([^<]+)</span>', page.split("timeline", 1)[1])
    assert events == ["run linked", "assigned", "seen again", "opened"]
    for words in ("income has shifted.", "Read the report.", "to dana", "She knows the feed.", "2026-11-03"):
        assert words in page
    assert 'href="../pages/credit_risk/nights/2026-11-02.html"' in page
    assert 'href="../../dags/credit_risk.monitor/runs/scheduled__1"' in page
    assert (
        'href="../../dags/credit_risk.train/runs/asset_triggered__2026-11-03T03%3A00%3A00%2B00%3A00_a%2Fb"'
        in page
    )


def test_the_list_says_whose_each_is_and_when_it_was_seen_last(browser: TestClient, engine: Engine) -> None:
    watched(engine)
    found(engine)
    page = browser.get(PAGE).text
    assert "<td>dana</td>" in page and "<td>nobody yet</td>" in page
    assert '<td class="small nowrap num">2026-11-03</td>' in page


def test_a_settled_incident_says_how_it_ended(browser: TestClient, engine: Engine) -> None:
    number = found(engine)
    settled(engine, number)
    page = browser.get(f"{PAGE}/{number}").text
    assert "somebody tried the alias out" in page and "What to do" not in page


@pytest.mark.parametrize("number", ["999", "0", "-1", "x", "9" * 40, "²"])
def test_an_incident_that_is_not_there_is_not_found(browser: TestClient, number: str) -> None:
    reply = browser.get(f"{PAGE}/{number}")
    assert reply.status_code == 404 and "There is no incident" in reply.text
