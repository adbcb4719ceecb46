"""Keys on record: issued once, ended for good, and believed only where the audit log says so."""

import os
import re
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from airlock.governance import api_keys, audit_log
from airlock.governance.api_keys import ApiKey, current, issue, proved, revoke
from airlock.governance.key_fields import fingerprint_of, new_key
from airlock.governance.records import RecordError
from airlock.governance.tables import api_keys as table
from airlock.settings import ROOT
from tests.airlock.governance.records import MOMENT

LATER = MOMENT + timedelta(days=1)
ONE, OTHER = "1" * 64, "2" * 64


def issued(conn: Connection, **change: Any) -> ApiKey:
    values: dict[str, Any] = {
        "client": "shop",
        "fingerprint": ONE,
        "scopes": ["predict", "explain"],
        "models": ["loans"],
        "expires_at": None,
        "by": "mika",
        "because": "the shop's tills",
        "at": MOMENT,
        "run": "keys/manual__1",
    }
    return issue(conn, **(values | change))


def ended(conn: Connection, **change: Any) -> tuple[ApiKey, ...]:
    values = {"client": "shop", "fingerprint": None, "by": "admin", "because": "it leaked", "at": LATER}
    return revoke(conn, **(values | change))


def valid(conn: Connection) -> frozenset[ApiKey]:
    return proved(conn, current(conn, MOMENT))


def test_an_issued_key_is_on_record_and_in_the_audit_log(conn: Connection) -> None:
    key = issued(conn)
    assert (key.client, key.fingerprint, key.scopes, key.models) == (
        "shop",
        ONE,
        ("explain", "predict"),
        ("loans",),
    )
    assert valid(conn) == {key}
    *_, entry = audit_log.entries(conn)
    assert (entry.act, entry.actor, entry.run) == ("key_issued", "mika", "keys/manual__1")
    assert entry.facts == {
        "client": "shop",
        "fingerprint": ONE,
        "scopes": ["explain", "predict"],
        "models": ["loans"],
        "expires_at": None,
        "reason": "the shop's tills",
    }


def test_issuing_it_again_changes_nothing(conn: Connection) -> None:
    key = issued(conn)
    before = len(list(audit_log.entries(conn)))
    assert issued(conn, at=LATER) == key
    assert len(list(audit_log.entries(conn))) == before


@pytest.mark.parametrize(
    "change", [{"client": "till"}, {"scopes": ["predict"]}, {"models": None}, {"by": "admin"}]
)
def test_a_key_is_not_issued_twice_for_something_else(conn: Connection, change: dict[str, Any]) -> None:
    issued(conn)
    with pytest.raises(RecordError, match="was issued to shop on .* a key is issued once. Make a new one"):
        issued(conn, **change)


def test_a_revoked_key_is_never_issued_again(conn: Connection) -> None:
    issued(conn)
    ended(conn)
    with pytest.raises(RecordError, match="a key is issued once"):
        issued(conn)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"client": "Shop"}, "client: 'Shop' cannot be"),
        ({"client": ""}, "client: '' cannot be"),
        ({"client": "shop\n"}, "cannot be a client's name"),
        ({"client": "airlock"}, "airlock is Airlock itself"),
        ({"fingerprint": ONE[:-1]}, "fingerprint: is none"),
        ({"fingerprint": ONE[:-1] + "g"}, "fingerprint: is none"),
        ({"fingerprint": ONE + "\n"}, "fingerprint: is none"),
        ({"fingerprint": new_key()}, "This is a key itself"),
        ({"scopes": ["predict", "smoke_test"]}, "smoke_test is Airlock's own and cannot be issued"),
        ({"scopes": ["everything"]}, "there is no scope everything"),
        ({"scopes": []}, "scopes: none is chosen"),
        ({"models": []}, "models: none is named"),
        ({"expires_at": MOMENT}, "has passed. Give a later day"),
    ],
)
def test_what_is_wrong_is_named_with_its_cure(conn: Connection, change: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        issued(conn, **change)


def test_one_key_of_a_client_is_revoked_or_all_of_them(conn: Connection) -> None:
    first, second = issued(conn), issued(conn, fingerprint=OTHER)
    others = issued(conn, client="till", fingerprint="3" * 64)
    (gone,) = ended(conn, fingerprint=ONE)
    assert (gone.id, gone.revoked_by, gone.revoked_because) == (first.id, "admin", "it leaked")
    assert valid(conn) == {second, others}
    assert [key.id for key in ended(conn, because="the shop closed")] == [second.id]
    assert valid(conn) == {others}


@pytest.mark.parametrize("fingerprint", [ONE, None])
def test_a_run_that_is_repeated_revokes_nothing_more(conn: Connection, fingerprint: str | None) -> None:
    issued(conn)
    about = {"fingerprint": fingerprint, "run": "keys/may"}
    first = ended(conn, **about)
    since = issued(conn, fingerprint=OTHER)
    before = len(list(audit_log.entries(conn)))
    assert ended(conn, **about, at=LATER + timedelta(days=1)) == first
    assert len(list(audit_log.entries(conn))) == before
    assert valid(conn) == {since}


def test_another_run_that_was_given_an_old_name_revokes_for_itself(conn: Connection) -> None:
    issued(conn)
    ended(conn, run="keys/leak")
    again = issued(conn, fingerprint=OTHER)
    assert [key.id for key in ended(conn, run="keys/leak", because="it leaked again")] == [again.id]


@pytest.mark.parametrize("change", [{"client": "till"}, {"fingerprint": OTHER}, {"because": "once more"}])
def test_there_must_be_a_key_to_revoke(conn: Connection, change: dict[str, Any]) -> None:
    issued(conn)
    if "because" in change:
        ended(conn)
    with pytest.raises(RecordError, match="could be revoked, so nothing was changed"):
        ended(conn, **change)


def test_an_expired_key_is_not_current(conn: Connection) -> None:
    issued(conn, expires_at=LATER)
    assert len(current(conn, LATER - timedelta(seconds=1))) == 1
    assert current(conn, LATER) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": ["predict", "explain", "decisions"]},
        {"models": None},
        {"client": "till"},
        {"expires_at": LATER},
        {"fingerprint": OTHER},
        {"issued_because": "something else"},
    ],
)
def test_a_key_that_was_changed_past_airlock_is_not_proved(conn: Connection, change: dict[str, Any]) -> None:
    issued(conn)
    conn.execute(sa.update(table).values(change))
    assert len(current(conn, MOMENT)) == 1
    assert valid(conn) == frozenset()


def test_a_key_that_was_revived_past_airlock_is_not_proved(conn: Connection) -> None:
    issued(conn)
    ended(conn)
    conn.execute(sa.update(table).values(revoked_by=None, revoked_because=None, revoked_at=None))
    assert len(current(conn, MOMENT)) == 1
    assert valid(conn) == frozenset()


def test_a_key_of_which_the_log_says_nothing_is_not_proved(conn: Connection) -> None:
    values = {"client": "me", "fingerprint": OTHER, "scopes": ["predict"], "issued_by": "mika"}
    conn.execute(sa.insert(table).values(values | {"issued_because": "why not", "issued_at": MOMENT}))
    issued(conn)
    assert {key.client for key in current(conn, MOMENT)} == {"me", "shop"}
    assert {key.client for key in valid(conn)} == {"shop"}


def test_keys_are_random_and_have_a_form_that_scanners_know() -> None:
    made = {new_key() for _ in range(50)}
    assert len(made) == 50 and all(re.fullmatch(r"alk_[\w-]{43}", key) for key in made)


def test_the_command_prints_a_key_once_with_its_fingerprint() -> None:
    said = run("new")
    key, fingerprint = re.findall(r"^(?:key|fingerprint) +(\S+)$", said, re.MULTILINE)
    assert fingerprint_of(key) == fingerprint


def test_the_command_lists_what_was_issued(engine: Engine, airlock_database: str) -> None:
    assert "No key was issued yet" in run("list", AIRLOCK_DATABASE_URL=airlock_database)
    with engine.begin() as conn:
        issued(conn, expires_at=LATER)
        issued(conn, fingerprint=OTHER, client="till", models=None)
        ended(conn, client="till")
    first, second = run("list", AIRLOCK_DATABASE_URL=airlock_database).splitlines()
    assert re.match(r"shop  1{12}  explain, predict  loans  (expired|valid until) ", first)
    assert re.match(r"till  2{12}  explain, predict  every model  revoked .* by admin: it leaked", second)


def run(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", api_keys.__name__, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "plugins", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
