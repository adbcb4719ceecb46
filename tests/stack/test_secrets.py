import json
import re
import stat
from dataclasses import asdict
from pathlib import Path

import pytest

from airlock.governance import key_fields
from airlock.governance.key_fields import PREFIX, new_key
from stack.errors import StackError
from stack.secrets import (
    GUESTS,
    ROLES,
    ensure_secrets,
    fingerprint_of,
    passwords_file,
    prepare_home,
    read_passwords,
    read_secrets,
    secrets_file,
)
from stack.users import USERS


def test_keys_are_made_once_and_stay(tmp_path: Path) -> None:
    first = ensure_secrets(tmp_path)
    passwords = read_passwords(tmp_path)
    assert ensure_secrets(tmp_path) == read_secrets(tmp_path) == first
    assert read_passwords(tmp_path) == passwords
    assert set(first.database) == set(ROLES)
    assert set(passwords) == {user.name for user in USERS}


def test_two_installations_share_no_key(tmp_path: Path) -> None:
    for name in ("one", "two"):
        prepare_home(tmp_path / name)
    one, two = ensure_secrets(tmp_path / "one"), ensure_secrets(tmp_path / "two")
    assert not {one.fernet_key, one.jwt_secret, one.api_secret, one.scoring_key} & {
        two.fernet_key,
        two.jwt_secret,
        two.api_secret,
        two.scoring_key,
    }
    assert not set(one.database.values()) & set(two.database.values())


def test_only_the_owner_reads_them(tmp_path: Path) -> None:
    home = tmp_path / "home"
    prepare_home(home)
    ensure_secrets(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for file in (secrets_file(home), passwords_file(home)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_new_user_gets_a_password_and_the_others_keep_theirs(tmp_path: Path) -> None:
    ensure_secrets(tmp_path)
    passwords = read_passwords(tmp_path)
    passwords_file(tmp_path).write_text('{"ria": "chosen"}')
    ensure_secrets(tmp_path)
    assert read_passwords(tmp_path)["ria"] == "chosen"
    assert read_passwords(tmp_path).keys() == passwords.keys()


def test_an_installation_gets_the_passwords_of_new_roles_and_keeps_its_own(tmp_path: Path) -> None:
    first = ensure_secrets(tmp_path)
    owners = {role: key for role, key in first.database.items() if role not in GUESTS}
    secrets_file(tmp_path).write_text(json.dumps({**asdict(first), "database": owners}))
    now = ensure_secrets(tmp_path)
    assert owners.items() < now.database.items()
    assert set(now.database) == set(ROLES)
    assert ensure_secrets(tmp_path) == now
    assert stat.S_IMODE(secrets_file(tmp_path).stat().st_mode) == 0o600


def test_an_installation_that_was_made_before_the_scoring_key_was_there_gets_one(tmp_path: Path) -> None:
    older = asdict(ensure_secrets(tmp_path))
    del older["scoring_key"]
    secrets_file(tmp_path).write_text(json.dumps(older))
    now = ensure_secrets(tmp_path)
    assert asdict(now) == {**older, "scoring_key": now.scoring_key}
    assert re.fullmatch(r"alk_[\w-]{43}", now.scoring_key)
    assert ensure_secrets(tmp_path) == now


def test_its_keys_are_made_and_known_as_those_of_applications(tmp_path: Path) -> None:
    key = ensure_secrets(tmp_path).scoring_key
    assert len(key) == len(new_key()) and key.startswith(PREFIX)
    assert fingerprint_of(key) == key_fields.fingerprint_of(key)


def test_before_the_first_start_the_cure_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="Run make up"):
        read_secrets(tmp_path)


@pytest.mark.parametrize("content", ["not json", "[]", '{"fernet_key": "only"}'])
def test_a_damaged_file_is_refused(tmp_path: Path, content: str) -> None:
    secrets_file(tmp_path).write_text(content)
    with pytest.raises(StackError, match="make clean"):
        ensure_secrets(tmp_path)
