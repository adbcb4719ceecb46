"""Who gets which login: the least that a role needs, and a password that nobody can guess."""

import re
from pathlib import Path

import pytest

from airlock.logins.__main__ import main
from airlock.logins.accounts import (
    AIRFLOW_ROLES,
    PAGES,
    LoginError,
    accounts,
    airflow_roles,
    first_password,
    login_secret,
)
from airlock.spec.people import MAY, Role, load_people
from stack.settings import ROOT
from stack.users import USERS

SECRET = "s" * 48
PEOPLE = load_people(ROOT / "include")


def test_everybody_gets_a_login_with_the_least_for_their_part() -> None:
    roles = {account.user: account.airflow_roles for account in accounts(PEOPLE, SECRET)}
    assert roles == {
        "dana": ("Airlock", "User"),
        "mika": ("Airlock", "User"),
        "ria": ("Airlock", "User"),
        "omar": ("Airlock", "User"),
        "ada": ("Airlock", "Viewer"),
        "admin": ("Airlock", "Op"),
    }


def test_they_are_the_logins_of_the_embedded_stack() -> None:
    embedded = {"user": "User", "viewer": "Viewer", "admin": "Op"}
    wanted = {user.name: (PAGES, embedded[user.airflow_role]) for user in USERS}
    assert {account.user: account.airflow_roles for account in accounts(PEOPLE, SECRET)} == wanted


def test_nobody_may_make_logins_in_airflow() -> None:
    assert set(AIRFLOW_ROLES) == set(Role)
    assert "Admin" not in AIRFLOW_ROLES.values()


def test_who_may_act_may_start_a_run() -> None:
    acting = set().union(*MAY.values()) - {Role.AUDITOR}
    assert {AIRFLOW_ROLES[role] for role in acting} == {"User", "Op"}
    assert AIRFLOW_ROLES[Role.AUDITOR] == "Viewer"


def test_somebody_with_two_parts_has_both_roles() -> None:
    assert airflow_roles([Role.AUDITOR, Role.APPROVER]) == (PAGES, "User", "Viewer")


def test_who_trains_writes_in_mlflow_and_nobody_else() -> None:
    assert {account.user for account in accounts(PEOPLE, SECRET) if account.works_in_mlflow} == {
        "dana",
        "mika",
    }


def test_a_first_password_is_this_installation_s_and_this_person_s() -> None:
    passwords = {first_password(secret, user) for secret in (SECRET, "t" * 48) for user in PEOPLE.people}
    assert len(passwords) == 2 * len(PEOPLE.people)
    assert all(re.fullmatch(r"[\w-]{20}", password) for password in passwords)


def test_a_name_of_several_words_keeps_them() -> None:
    (account, *_) = accounts(PEOPLE, SECRET)
    assert (account.first_name, account.last_name) == ("Dana", "Keller")


@pytest.mark.parametrize("secret", ["", "short"])
def test_without_a_real_secret_there_is_no_password(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_LOGIN_SECRET", secret)
    with pytest.raises(LoginError, match="stack.compose"):
        login_secret()


def test_a_person_sees_the_first_passwords(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("AIRLOCK_LOGIN_SECRET", SECRET)
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(ROOT / "include"))
    assert main(["show"]) == 0
    assert f"ria      {first_password(SECRET, 'ria')}  Airlock, User" in capsys.readouterr().out


def test_a_missing_people_file_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("AIRLOCK_LOGIN_SECRET", SECRET)
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(tmp_path))
    assert main(["airflow"]) == 1
    assert "people.yaml" in capsys.readouterr().err


def test_mlflow_needs_an_administrator(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("AIRLOCK_LOGIN_SECRET", SECRET)
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(ROOT / "include"))
    monkeypatch.delenv("MLFLOW_AUTH_ADMIN_PASSWORD", raising=False)
    assert main(["mlflow"]) == 1
    assert "MLFLOW_AUTH_ADMIN_PASSWORD" in capsys.readouterr().err
