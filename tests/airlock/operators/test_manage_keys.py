"""Managing keys: by a person who may and who says why, with the fingerprint and never with the key."""

from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.governance import api_keys, audit_log
from airlock.governance.key_fields import fingerprint_of, new_key
from airlock.governance.records import RecordError
from airlock.operators.manage_keys import ManageKeysOperator
from airlock.operators.run import RunError
from tests.airlock.lender import Lender
from tests.airlock.operators.running import context

FINGERPRINT = "5" * 64


def manage(user: str | None = "mika", **params: Any) -> dict[str, Any]:
    form = {
        "action": "issue",
        "client": "shop",
        "fingerprint": FINGERPRINT,
        "scopes": ["predict", "explain"],
        "models": ["loans"],
        "expires": "2099-01-31",
        "reason": "the shop's tills",
    }
    running = context("keys", user=user, params=form | params)
    return ManageKeysOperator(task_id="manage").execute(running)


def on_record(engine: Engine) -> tuple[api_keys.ApiKey, ...]:
    with engine.connect() as conn:
        return api_keys.every(conn)


def logged(engine: Engine) -> list[audit_log.Entry]:
    with engine.connect() as conn:
        return list(audit_log.entries(conn))


def test_a_key_is_issued_in_the_name_of_who_triggered_the_run(installation: Lender, engine: Engine) -> None:
    assert manage() == {"client": "shop", "fingerprints": [FINGERPRINT]}
    (key,) = on_record(engine)
    assert (key.client, key.issued_by, key.issued_because) == ("shop", "mika", "the shop's tills")
    assert (key.scopes, key.models) == (("explain", "predict"), ("loans",))
    assert key.expires_at is not None and key.expires_at.isoformat() == "2099-01-31T00:00:00+00:00"
    (entry,) = logged(engine)
    assert (entry.act, entry.actor, entry.run) == ("key_issued", "mika", "keys/manual__1")


def test_no_models_mean_every_one_and_no_day_means_for_ever(installation: Lender, engine: Engine) -> None:
    manage(models=[], expires=None)
    (key,) = on_record(engine)
    assert (key.models, key.expires_at) == (None, None)


def test_a_task_that_is_run_again_changes_nothing(installation: Lender, engine: Engine) -> None:
    assert manage() == manage()
    assert manage(action="revoke", reason="lost") == manage(action="revoke", reason="lost")
    assert [entry.act for entry in logged(engine)] == ["key_issued", "key_revoked"]


@pytest.mark.parametrize("fingerprint", [FINGERPRINT, None])
def test_a_key_is_revoked_in_the_name_of_who_triggered_the_run(
    installation: Lender, engine: Engine, fingerprint: str | None
) -> None:
    manage()
    done = manage("admin", action="revoke", fingerprint=fingerprint, scopes=[], reason="it leaked")
    assert done == {"client": "shop", "fingerprints": [FINGERPRINT]}
    (key,) = on_record(engine)
    assert (key.revoked_by, key.revoked_because) == ("admin", "it leaked")
    assert [entry.act for entry in logged(engine)] == ["key_issued", "key_revoked"]


@pytest.mark.parametrize("user", ["dana", "ria", "ada", "vera", None])
def test_nobody_else_may_and_that_they_tried_is_on_record(
    installation: Lender, engine: Engine, user: str | None
) -> None:
    with pytest.raises(RunError, match="manage keys"):
        manage(user)
    assert on_record(engine) == ()
    (entry,) = logged(engine)
    assert (entry.act, entry.facts["act"]) == ("act_refused", "manage_keys")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"models": ["loans", "lones"]}, "there is no model lones. Choose from .*loans"),
        ({"expires": "soon"}, "expires: 'soon' is no day"),
        ({"reason": "  "}, "reason: is empty"),
        ({"fingerprint": None}, "fingerprint: is none"),
        ({"fingerprint": "alk_the-key-itself"}, "This is a key itself"),
        ({"scopes": ["smoke_test"]}, "smoke_test is Airlock's own"),
    ],
)
def test_what_is_wrong_in_the_form_is_said(
    installation: Lender, engine: Engine, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises((RunError, RecordError), match=message):
        manage(**wrong)
    assert on_record(engine) == () and logged(engine) == []


def test_the_key_itself_is_nowhere_on_record(installation: Lender, engine: Engine) -> None:
    key = new_key()
    manage(fingerprint=fingerprint_of(key))
    assert key not in f"{on_record(engine)}{logged(engine)}"
