"""A visitor of the pages: without a login, with SQL in the address, and with markup in what is shown."""

from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.engine import Engine
from starlette.routing import Route

from airlock.governance import approvals, audit_log, deployments, releases
from airlock.governance.grants import TASKS
from airlock.governance.incidents import assign, note, open_incident, settle
from airlock.ui.audit import WORDS
from tests.airlock.governance.records import MOMENT, approved_release, register

SQL = "credit_risk' OR '1'='1'; DROP TABLE audit_log; --"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"
SECRET = "only for who is logged in"
SHOWN = "a cause that versions are shown with"
PLACES = {
    "name": "credit_risk",
    "kind": "version",
    "model": "credit_risk",
    "path": "a.html",
    "digest": "a" * 64,
    "number": "1",
}
EVERY_PAGE = (
    "/",
    "/incidents",
    "/incidents/1",
    "/incidents/2",
    f"/incidents/{quote(MARKUP)}",
    "/versions",
    f"/versions?text={quote(MARKUP)}&trained_by={quote(MARKUP)}",
    "/models/credit_risk",
    "/models/credit_risk/quarantine",
    "/audit",
    f"/audit?model={quote(MARKUP)}",
    "/dossiers",
    f"/dossiers?model={quote(MARKUP)}",
    "/dossiers/dossier_2",
    f"/dossiers/run?dag=credit_risk.release&run={quote(MARKUP)}",
    f"/dossiers/run?dag={quote(MARKUP)}&run=1",
    f"/decisions?decision={quote(MARKUP)}",
    "/lineage/version/credit_risk/1",
    f"/lineage/version/{quote(MARKUP)}",
    f"/{quote(MARKUP)}",
)

#: What a page answers that says something, or that there is nothing to say.
READ = (200, 404, 409, 422)

FORGED = """
INSERT INTO incidents (kind, key, sentence, facts, found_at)
VALUES ('none', 'list', '', '[1]', now()), ('none', 'null', '', 'null', now())
"""
#: As `str.format` they would raise, or take gigabytes.
TEMPLATES = ("{", "{0}", "{x.missing}", "{x:>4000000000}")
#: What takes something that reaches a query.
ASKING = (
    "/audit?model={sql}",
    "/versions?model={sql}",
    "/versions?trained_by={sql}",
    "/versions?state={sql}",
    "/versions?text={sql}",
    "/versions?text=%25%27%29%20OR%201%3D1%20--",
    "/dossiers?model={sql}",
    "/dossiers/{sql}",
    "/dossiers/run?dag={sql}.release&run={sql}",
    "/decisions?decision={sql}",
    "/incidents/{sql}",
    "/models/{sql}",
    "/models/{sql}/quarantine",
    "/lineage/{sql}/1",
    "/lineage/version/credit_risk/{sql}",
    "/lineage/prediction/{sql}",
    "/lineage/entity/credit_risk/{sql}",
    "/lineage/package/{sql}",
    "/lineage/source/{sql}",
)


@pytest.fixture
def marked_up(engine: Engine) -> None:
    """Records in which everything that people or programs write is markup."""
    with engine.begin() as conn:
        said: dict[str, Any] = {"trained_by": MARKUP, "cause": MARKUP, "reason": MARKUP}
        candidate = register(conn, evidence={"metrics": {}, "note": SECRET}, **said)
        release = approved_release(conn, candidate)
        deployments.deploy(conn, release, candidate, MOMENT)
        other = register(conn, version=2, cause=SHOWN)
        waiting = releases.open_release(
            conn, candidate=other, dag_run_id=MARKUP, people=2, opened_at=MOMENT, by=MARKUP
        )
        approvals.record(
            conn,
            release_id=waiting.id,
            slot=1,
            responder=MARKUP,
            choice="Approve",
            reason=MARKUP,
            dossier_digest=waiting.dossier_digest,
            responded_at=MOMENT,
        )
        for number in range(2):
            incident, _ = open_incident(
                conn,
                kind="alias_moved",
                key=f"{MARKUP}{number}",
                sentence=MARKUP,
                at=MOMENT,
                model="credit_risk",
                facts={"found": MARKUP},
            )
        said: dict[str, Any] = {"by": MARKUP, "at": MOMENT, "run": MARKUP}
        assign(conn, incident.id, owner=MARKUP, because=MARKUP, **said)
        note(conn, incident.id, text=MARKUP, **said)
        settle(conn, incident.id, by=MARKUP, because=MARKUP, at=MOMENT, run="restore/1")
        audit_log.append(
            conn, "act_refused", actor=MARKUP, at=MOMENT, facts={"act": MARKUP, "reason": MARKUP}
        )


def addresses(app: FastAPI) -> list[str]:
    """Return one address of every route that the pages have, whatever is added later."""
    inner: Any = app.routes[-1]
    found = [route.path for route in inner.app.routes if isinstance(route, Route)]
    return [path.replace(":path", "").format(**PLACES, file="dossier.html") for path in found]


@pytest.mark.usefixtures("marked_up")
def test_every_page_is_asked_for_without_a_login(app: FastAPI, anonymous: TestClient) -> None:
    asked = addresses(app)
    assert {"/audit", "/incidents", "/versions", "/lineage/version/credit_risk"} <= set(asked)
    for address in asked:
        reply = anonymous.get(f"/airlock{address}")
        assert reply.status_code == 401, address
        assert "script" not in reply.text and SECRET not in reply.text


@pytest.mark.usefixtures("marked_up")
def test_what_is_shown_holds_markup(browser: TestClient) -> None:
    for address in EVERY_PAGE:
        reply = browser.get(f"/airlock{address}")
        assert reply.status_code in READ, address
        assert "<script>alert" not in reply.text and "<img src=x" not in reply.text, address
        assert reply.headers["content-type"].startswith("text/html"), address


@pytest.mark.usefixtures("marked_up")
def test_what_is_asked_for_is_made_of_sql(browser: TestClient, engine: Engine) -> None:
    with engine.connect() as conn:
        before = audit_log.head(conn)
    for address in ASKING:
        reply = browser.get(f"/airlock{address.format(sql=quote(SQL, safe=''))}")
        assert reply.status_code in READ, address
        assert SHOWN not in reply.text, f"{address} selected what was not asked for"
    assert SHOWN in browser.get("/airlock/versions?model=credit_risk").text
    with engine.connect() as conn:
        assert audit_log.head(conn) == before


def test_an_incident_of_no_known_shape_is_written_to_hide_the_others(
    browser: TestClient, engine: Engine, sql: Callable[..., int], findings: Callable[[], str]
) -> None:
    with engine.begin() as conn:
        open_incident(conn, kind="wrong_answer", key="real", sentence="Look at this.", at=MOMENT)
    assert sql(TASKS, FORGED) == 2
    page = browser.get("/airlock/incidents")
    assert page.status_code == 200 and "Look at this." in page.text
    for number in ("2", "3"):
        assert browser.get(f"/airlock/incidents/{number}").status_code == 200
    assert "The incident (incident 2) is recorded, and the log says nothing of it" in findings()


def test_an_act_that_is_a_template_is_written_to_hide_the_log(browser: TestClient, engine: Engine) -> None:
    acts: Any = (*WORDS, *TEMPLATES)
    with engine.begin() as conn:
        register(conn, evidence={"metrics": {}})
        for act in acts:
            audit_log.append(conn, act, actor="eve", at=MOMENT, model="credit_risk", facts={"x": 1})
    for address in ("/audit", "/models/credit_risk"):
        page = browser.get(f"/airlock{address}")
        assert page.status_code == 200, address
        assert {act for act in TEMPLATES if act not in unescape(page.text)} == set(), address
        assert "registered candidate ? as version ?: ?" in page.text, address
