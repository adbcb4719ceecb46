"""Clients: whose key is known, and what it lets them ask, on a real scoring API."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from starlette.routing import Route

from airlock.governance.api_keys import revoke
from airlock.governance.key_fields import fingerprint_of, new_key
from airlock.serving.app import app
from airlock.serving.clients import Client, Clients
from airlock.serving.refusals import Refusal
from airlock.spec.scopes import EVERY, ISSUABLE, Scope
from tests.airlock.governance.records import MOMENT
from tests.airlock.governance.test_api_keys import ONE, issued
from tests.airlock.serving.conftest import World
from tests.airlock.serving.keys import is_known, issued_key, wait_until_known
from tests.airlock.serving.scoring_api import KEY, PREDICT, ScoringApi, by, wait_until

OPEN = {"/healthz", "/readyz", "/metrics", "/docs", "/"}


@pytest.fixture
def shop(api: ScoringApi) -> str:
    """The key of an application that may do everything an application may."""
    key = issued_key(api.engine)
    wait_until_known(api.client, key)
    return key


@pytest.fixture
def visitor(api: ScoringApi) -> Iterator[httpx.Client]:
    """Somebody without any key."""
    with httpx.Client(base_url=api.client.base_url, trust_env=False) as client:
        yield client


def ask(api: ScoringApi, world: World, key: str, **more: Any) -> httpx.Response:
    body = {"rows": [{"features": world.rows[0]}], **more}
    return api.client.post(PREDICT, json=body, headers=by(key))


def test_an_application_asks_by_its_key_and_the_log_says_who(
    api: ScoringApi, world: World, shop: str
) -> None:
    answer = ask(api, world, shop)
    assert answer.status_code == 200, answer.text
    given = answer.json()["predictions"][0]["id"]
    wait_until(lambda: ("shop",) in logged(api, given), "the log says who asked")


def logged(api: ScoringApi, decision: str) -> list[tuple[str]]:
    with api.engine.connect() as conn:
        found = conn.execute(sa.text("SELECT client FROM predictions WHERE id = :id"), {"id": decision})
        return [(client,) for (client,) in found]


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Basic c2hvcDpzaG9w", "alk_without-bearer", "Bearer\talk_x"]
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", PREDICT), ("GET", "/v1/models"), ("GET", "/v1/models/x")]
)
def test_without_a_key_nothing_is_answered(
    visitor: httpx.Client, world: World, method: str, path: str, header: str | None
) -> None:
    body = {"rows": [{"features": world.rows[0]}]} if method == "POST" else None
    headers = {} if header is None else {"Authorization": header}
    answer = visitor.request(method, path, json=body, headers=headers)
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "Authorization: Bearer" in answer.json()["detail"]


@pytest.mark.parametrize("key", [b"alk_nobody-has-this-one", b"\xff\xfe", b"' OR 1=1 --", b"x" * 20_000])
def test_a_key_that_nobody_issued_opens_nothing(visitor: httpx.Client, key: bytes) -> None:
    answer = visitor.get("/v1/models", headers={"Authorization": b"Bearer " + key})
    assert answer.status_code == 401, answer.text
    assert answer.json()["detail"].startswith("The API key is not known")


def test_the_word_bearer_is_read_in_any_case(visitor: httpx.Client, shop: str) -> None:
    assert visitor.get("/v1/models", headers={"Authorization": f"bEARER {shop}"}).status_code == 200


@pytest.mark.parametrize("path", sorted(OPEN | {"/openapi.json"}))
def test_what_watches_and_what_explains_needs_no_key(visitor: httpx.Client, path: str) -> None:
    assert visitor.get(path).status_code not in (401, 403)


def test_every_other_address_says_that_it_needs_a_key(visitor: httpx.Client) -> None:
    page = visitor.get("/openapi.json").json()
    assert page["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    for path, methods in page["paths"].items():
        for method, described in methods.items():
            if path not in OPEN:
                assert {"ApiKey": []} in described.get("security", ()), f"{method} {path}"
                assert {"401", "403"} <= described["responses"].keys(), f"{method} {path}"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route) and route.path not in OPEN | {"/openapi.json"}
        for method in sorted(route.methods or ())
    ],
)
def test_every_other_address_is_shut_without_a_key(visitor: httpx.Client, method: str, path: str) -> None:
    asked = path.replace("{model}", "loans").replace("{decision_id}", "0e8400e2-9b1d-4b1c-8f3c-5a4c5f0a7d11")
    assert "{" not in asked
    for body in (None, b"{", b'{"rows": []}'):
        answer = visitor.request(method, asked, content=body)
        assert answer.status_code == 401, f"{answer.status_code} {answer.text}"


def test_a_key_that_is_revoked_ends_and_the_others_go_on(api: ScoringApi, shop: str) -> None:
    leaked = issued_key(api.engine, "till")
    wait_until_known(api.client, leaked)
    with api.engine.begin() as conn:
        revoke(conn, client="till", fingerprint=None, by="mika", because="it leaked", at=datetime.now(UTC))
    wait_until(lambda: not is_known(api.client, leaked), "the revoked key ends")
    assert is_known(api.client, shop)


def test_a_key_ends_at_the_moment_it_expires(api: ScoringApi) -> None:
    key = issued_key(api.engine, expires_at=datetime.now(UTC) + timedelta(seconds=3))
    wait_until_known(api.client, key)
    wait_until(lambda: not is_known(api.client, key), "the key expires")


@pytest.mark.parametrize(
    ("scopes", "models", "more", "detail"),
    [
        (
            ["explain", "feedback"],
            None,
            {},
            "has not the scope predict. Ask for a key with the scope predict",
        ),
        (["predict"], ["churn"], {}, "is not for the model 'loans': it is for churn"),
        (
            list(ISSUABLE),
            None,
            {"purpose": "smoke_test"},
            "has not the scope smoke_test. It is Airlock's own",
        ),
        (list(ISSUABLE), None, {"purpose": "smoke_test", "version": 1}, "has not the scope smoke_test"),
    ],
)
def test_what_the_key_is_not_for_is_refused(
    api: ScoringApi,
    world: World,
    scopes: list[Scope],
    models: list[str] | None,
    more: dict[str, Any],
    detail: str,
) -> None:
    key = issued_key(api.engine, "till", scopes=scopes, models=models)
    wait_until_known(api.client, key)
    answer = ask(api, world, key, **more)
    assert answer.status_code == 403, answer.text
    assert answer.json()["detail"].startswith("The key of till ") and detail in answer.json()["detail"]
    assert "score" not in answer.text


def test_whether_another_model_is_there_is_not_told(api: ScoringApi, world: World) -> None:
    key = issued_key(api.engine, "till", models=["churn"])
    wait_until_known(api.client, key)
    body = {"rows": [{"features": world.rows[0]}]}
    answers = [
        api.client.post(f"/v1/models/{model}/predict", json=body, headers=by(key))
        for model in ("loans", "nonee")
    ]
    assert {answer.status_code for answer in answers} == {403}
    first, second = (answer.json()["detail"] for answer in answers)
    assert first.replace("loans", "") == second.replace("nonee", "")


def test_airlock_itself_may_do_everything(api: ScoringApi, world: World) -> None:
    assert ask(api, world, KEY, purpose="smoke_test", version=1).status_code == 200


def test_where_the_keys_were_never_read_only_airlock_is_known() -> None:
    clients = Clients(fingerprint_of(KEY))
    assert clients.of(f"Bearer {KEY}", MOMENT) == Client("airlock", EVERY, None, None)
    with pytest.raises(Refusal, match="could not be read yet") as refused:
        clients.of(f"Bearer {new_key()}", MOMENT)
    assert refused.value.status == 503


def test_the_moment_of_expiry_is_the_first_that_is_refused(conn: Connection) -> None:
    key, clients = new_key(), Clients("")
    expires = datetime.now(UTC) + timedelta(days=1)
    issued(conn, fingerprint=fingerprint_of(key), expires_at=expires)
    clients.read(conn)
    assert clients.of(f"Bearer {key}", expires - timedelta(microseconds=1)).name == "shop"
    with pytest.raises(Refusal, match="has expired"):
        clients.of(f"Bearer {key}", expires)


def test_a_key_written_into_the_table_opens_nothing_and_is_told_once(
    conn: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    key, clients = new_key(), Clients("")
    issued(conn, fingerprint=fingerprint_of(key))
    conn.execute(sa.text("UPDATE api_keys SET scopes = '{predict,smoke_test}'"))
    for _ in range(3):
        clients.read(conn)
    with pytest.raises(Refusal, match="is not known"):
        clients.of(f"Bearer {key}", datetime.now(UTC))
    assert [record.message for record in caplog.records] == [
        f"The key {fingerprint_of(key)[:12]} of shop opens nothing: the audit log does not say last that it "
        "was issued so."
    ]


def test_a_key_that_was_revoked_and_revived_between_two_looks_opens_nothing(conn: Connection) -> None:
    key, clients = new_key(), Clients("")
    issued(conn, fingerprint=fingerprint_of(key))
    clients.read(conn)
    clients.of(f"Bearer {key}", datetime.now(UTC))
    revoke(conn, client="shop", fingerprint=None, by="mika", because="left", at=datetime.now(UTC))
    conn.execute(sa.text("UPDATE api_keys SET revoked_by = NULL, revoked_because = NULL, revoked_at = NULL"))
    clients.read(conn, anew=True)
    with pytest.raises(Refusal, match="is not known"):
        clients.of(f"Bearer {key}", datetime.now(UTC))


def test_a_fingerprint_is_no_key(conn: Connection) -> None:
    clients = Clients(fingerprint_of(KEY))
    issued(conn)
    clients.read(conn)
    for fingerprint in (ONE, fingerprint_of(KEY)):
        with pytest.raises(Refusal, match="is not known"):
            clients.of(f"Bearer {fingerprint}", MOMENT)
