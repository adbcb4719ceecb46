"""Somebody who wants answers, or what was answered about others, without a key for it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import Engine

from airlock.governance.api_keys import revoke
from airlock.governance.audit_log import Entry
from airlock.governance.engine import connect
from airlock.governance.grants import READER, SCORING, TASKS
from airlock.governance.key_fields import fingerprint_of, new_key
from airlock.operators.manage_keys import ManageKeysOperator
from airlock.operators.run import RunError
from airlock.spec.scopes import ISSUABLE
from tests.airlock.database_roles import as_role
from tests.airlock.lender import Lender
from tests.airlock.operators.running import context
from tests.airlock.serving.conftest import World
from tests.airlock.serving.keys import is_known, issued_key, wait_until_known
from tests.airlock.serving.scoring_api import PREDICT, ScoringApi, by, scoring_api, wait_until

Log = Callable[..., list[Entry]]


@pytest.fixture
def guarded(world: World, airlock_database: str, engine: Engine, tmp_path: Any) -> Iterator[ScoringApi]:
    """A scoring API on this test's own database, so that its table of keys can be written to."""
    with scoring_api(airlock_database, world.store, tmp_path) as running:
        running.deploy(world.linear, 1)
        yield running


def ask(api: ScoringApi, world: World, key: str | None, model: str = "loans", **more: Any) -> httpx.Response:
    """Ask as nobody but the holder of a key, or as nobody at all."""
    with httpx.Client(base_url=api.client.base_url, trust_env=False) as visitor:
        body = {"rows": [{"features": world.rows[0]}], **more}
        headers = {} if key is None else by(key)
        return visitor.post(PREDICT.replace("loans", model), json=body, headers=headers)


def refused(api: ScoringApi, answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert "score" not in answer.text and answer.json()["detail"]


def test_an_answer_is_asked_for_without_a_key(api: ScoringApi, world: World) -> None:
    before = api.logged("id")
    refused(api, ask(api, world, None), 401)
    refused(api, ask(api, world, new_key()), 401)
    assert api.logged("id") == before


def test_a_revoked_key_is_used(api: ScoringApi, world: World) -> None:
    key = issued_key(api.engine, "leaver")
    wait_until_known(api.client, key)
    with api.engine.begin() as conn:
        revoke(conn, client="leaver", fingerprint=None, by="mika", because="left", at=datetime.now(UTC))
    wait_until(lambda: not is_known(api.client, key), "the revoked key ends")
    refused(api, ask(api, world, key), 401)


def test_an_expired_key_is_used(api: ScoringApi, world: World) -> None:
    key = issued_key(api.engine, "guest", expires_at=datetime.now(UTC) + timedelta(seconds=2))
    wait_until_known(api.client, key)
    wait_until(lambda: not is_known(api.client, key), "the key expires")
    refused(api, ask(api, world, key), 401)


def test_a_key_for_one_model_is_used_for_another(api: ScoringApi, world: World) -> None:
    key = issued_key(api.engine, "narrow", models=["churn"])
    wait_until_known(api.client, key)
    refused(api, ask(api, world, key), 403)


def test_a_key_for_reports_is_used_to_ask(api: ScoringApi, world: World) -> None:
    key = issued_key(api.engine, "reporter", scopes=[scope for scope in ISSUABLE if scope != "predict"])
    wait_until_known(api.client, key)
    refused(api, ask(api, world, key), 403)


def test_an_application_calls_its_question_a_smoke_test_to_choose_the_version(
    api: ScoringApi, world: World
) -> None:
    key = issued_key(api.engine, "chooser")
    wait_until_known(api.client, key)
    before = api.logged("id")
    refused(api, ask(api, world, key, purpose="smoke_test"), 403)
    refused(api, ask(api, world, key, purpose="smoke_test", version=1), 403)
    assert api.logged("id") == before


def test_the_table_of_keys_is_read_and_gives_no_key(
    guarded: ScoringApi, world: World, airlock_database: str
) -> None:
    wait_until_known(guarded.client, issued_key(guarded.engine))
    for role in (TASKS, SCORING, READER):
        for stolen in read(as_role(role, airlock_database)):
            assert not stolen.startswith("alk_")
            refused(guarded, ask(guarded, world, stolen), 401)


def read(url: str) -> list[str]:
    """Return every text that the table of keys holds."""
    engine = connect(url)
    with engine.connect() as conn:
        rows = conn.exec_driver_sql("SELECT * FROM api_keys").mappings().all()
    engine.dispose()
    return [value for row in rows for value in row.values() if isinstance(value, str) and value.isascii()]


def test_a_key_of_one_s_own_is_written_into_the_table(
    guarded: ScoringApi, sql: Callable[..., int], findings: Callable[[], str]
) -> None:
    key, known = new_key(), issued_key(guarded.engine)
    assert sql(
        TASKS,
        "INSERT INTO api_keys (client, fingerprint, scopes, issued_by, issued_because, issued_at) "
        "VALUES ('me', %(mine)s, '{predict,smoke_test}', 'mika', 'fine', now())",
        mine=fingerprint_of(key),
    )
    wait_until(lambda: "opens nothing" in guarded.log_file.read_text(), "the API sees the row")
    assert is_known(guarded.client, known) and not is_known(guarded.client, key)
    assert f"The API key (fingerprint '{fingerprint_of(key)}') is recorded, and the log says" in findings()


def test_a_revoked_key_is_revived_in_the_table(
    guarded: ScoringApi, sql: Callable[..., int], findings: Callable[[], str]
) -> None:
    key = issued_key(guarded.engine, "leaver")
    with guarded.engine.begin() as conn:
        revoke(conn, client="leaver", fingerprint=None, by="mika", because="left", at=datetime.now(UTC))
    assert sql(TASKS, "UPDATE api_keys SET revoked_by = NULL, revoked_because = NULL, revoked_at = NULL")
    wait_until(lambda: "opens nothing" in guarded.log_file.read_text(), "the API sees the row")
    assert not is_known(guarded.client, key)
    assert "The revoked API key" in findings()


@pytest.mark.parametrize("user", ["dana", "ria", "nobody", None])
def test_somebody_without_the_role_issues_a_key_to_themselves(
    installation: Lender, log: Log, user: str | None
) -> None:
    form = {
        "action": "issue",
        "client": "me",
        "fingerprint": fingerprint_of(new_key()),
        "scopes": ["predict"],
    }
    running = context("keys", user=user, params={**form, "models": [], "expires": None, "reason": "mine"})
    with pytest.raises(RunError, match="manage keys"):
        ManageKeysOperator(task_id="manage").execute(running)
    assert [entry.facts["act"] for entry in log("act_refused")] == ["manage_keys"]
    assert log("key_issued") == []
