"""Logins in a real MLflow with its basic-auth app: everybody has what people.yaml says, at each start."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx
import pytest

from airlock.logins.accounts import Account, LoginError, accounts
from airlock.logins.in_mlflow import GRANTS, ROLE, WORKSPACE, MlflowLogins
from airlock.spec.people import load_people
from stack.settings import ROOT
from tests.airlock.mlflow_server import mlflow_server

ADMINISTRATOR, PASSWORD = "mlflow-admin", "a-password-of-the-administrator"
TASKS = ("airlock", "a-password-of-the-tasks")
PEOPLE = accounts(load_people(ROOT / "include"), "s" * 48)
DANA = next(account for account in PEOPLE if account.user == "dana")
CREATE, RENAME = "2.0/mlflow/experiments/create", "2.0/mlflow/experiments/update"


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An MLflow that asks for a login, as docker-compose.yaml runs it."""
    folder, database = tmp_path_factory.mktemp("mlflow"), new_database()
    given = (ROOT / "docker/mlflow/basic_auth.ini").read_text().splitlines()
    ours = [f"database_uri = {database}" if line.startswith("database_uri") else line for line in given]
    (folder / "basic_auth.ini").write_text("\n".join(ours))
    environment = {
        "MLFLOW_AUTH_CONFIG_PATH": str(folder / "basic_auth.ini"),
        "MLFLOW_AUTH_ADMIN_USERNAME": ADMINISTRATOR,
        "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "s" * 48,
    }
    with mlflow_server(database, folder, "--app-name", "basic-auth", environment=environment) as running:
        yield running


@pytest.fixture
def logins(url: str) -> Iterator[MlflowLogins]:
    """MLflow's logins, kept once."""
    with closing(MlflowLogins(url, ADMINISTRATOR, PASSWORD)) as made:
        made.keep(PEOPLE, TASKS)
        yield made


@pytest.fixture
def ask(url: str) -> Callable[..., httpx.Response]:
    """Ask MLflow's API as somebody."""

    def asked(user: str, password: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return httpx.request(
            method, f"{url}/api/{path}", json=body, auth=(user, password), trust_env=False, timeout=30
        )

    return asked


@pytest.fixture
def administrator(ask: Callable[..., httpx.Response]) -> Callable[..., Any]:
    """Ask MLflow's API as its administrator, who is refused nothing."""

    def asked(method: str, path: str, body: Any = None) -> Any:
        return ask(ADMINISTRATOR, PASSWORD, method, path, body).raise_for_status().json()

    return asked


def the_role(administrator: Callable[..., Any]) -> Any:
    roles = administrator("GET", f"3.0/mlflow/roles/list?workspace={WORKSPACE}")["roles"]
    return next(role for role in roles if role["name"] == ROLE)


def granted(role: Any) -> set[tuple[str, str, str]]:
    return {(one["resource_type"], one["resource_pattern"], one["permission"]) for one in role["permissions"]}


def test_a_second_start_has_nothing_to_say(logins: MlflowLogins) -> None:
    assert logins.keep(PEOPLE, TASKS) == []


def test_a_start_that_was_killed_before_its_grants_is_made_good_by_the_next(
    logins: MlflowLogins, administrator: Callable[..., Any], ask: Callable[..., httpx.Response]
) -> None:
    for grant in the_role(administrator)["permissions"]:
        administrator("DELETE", "3.0/mlflow/roles/permissions/remove", {"role_permission_id": grant["id"]})
    made = administrator("POST", CREATE, {"name": "of-somebody-else"})["experiment_id"]
    rename = {"experiment_id": made, "new_name": "renamed-by-a-task"}
    assert ask(*TASKS, "POST", RENAME, rename).status_code == 403
    logins.keep(PEOPLE, TASKS)
    assert granted(the_role(administrator)) == set(GRANTS)
    assert ask(*TASKS, "POST", RENAME, rename).status_code == 200


def test_what_somebody_added_to_the_role_is_taken_away(
    logins: MlflowLogins, administrator: Callable[..., Any]
) -> None:
    (first, *_) = the_role(administrator)["permissions"]
    more = {"role_permission_id": first["id"], "permission": "MANAGE"}
    administrator("PATCH", "3.0/mlflow/roles/permissions/update", more)
    logins.keep(PEOPLE, TASKS)
    assert granted(the_role(administrator)) == set(GRANTS)


def test_a_new_password_of_the_tasks_counts_after_the_next_start(
    logins: MlflowLogins, ask: Callable[..., httpx.Response]
) -> None:
    rotated = (TASKS[0], "another-password-of-the-tasks")
    assert ask(*rotated, "GET", "2.0/mlflow/users/current").status_code == 401
    logins.keep(PEOPLE, rotated)
    assert ask(*rotated, "GET", "2.0/mlflow/users/current").status_code == 200
    assert ask(*TASKS, "GET", "2.0/mlflow/users/current").status_code == 401


@pytest.mark.parametrize("name", [ADMINISTRATOR, TASKS[0]])
def test_nobody_may_be_called_as_the_administrator_or_the_tasks(
    logins: MlflowLogins, administrator: Callable[..., Any], name: str
) -> None:
    with pytest.raises(LoginError, match=rf"people\.yaml: people\.{name}: .* another user name"):
        logins.keep((*PEOPLE, replace(DANA, user=name)), TASKS)
    assert administrator("GET", f"2.0/mlflow/users/get?username={ADMINISTRATOR}")["user"]["is_admin"]


def test_who_works_no_more_may_not_even_change_what_they_made(
    logins: MlflowLogins, ask: Callable[..., httpx.Response]
) -> None:
    dana = (DANA.user, DANA.password)
    made = ask(*dana, "POST", CREATE, {"name": "of-dana"}).raise_for_status().json()["experiment_id"]
    logins.keep(PEOPLE, TASKS)
    rename = {"experiment_id": made, "new_name": "still-of-dana"}
    assert ask(*dana, "POST", RENAME, rename).status_code == 200
    left: tuple[Account, ...] = (replace(DANA, works_in_mlflow=False),)
    logins.keep(left, TASKS)
    assert ask(*dana, "POST", RENAME, {**rename, "new_name": "again"}).status_code == 403
    assert ask(*dana, "GET", f"2.0/mlflow/experiments/get?experiment_id={made}").status_code == 200


def test_a_role_given_by_hand_is_taken_away(logins: MlflowLogins, administrator: Callable[..., Any]) -> None:
    role = administrator("POST", "3.0/mlflow/roles/create", {"workspace": WORKSPACE, "name": "By hand"})[
        "role"
    ]
    administrator("POST", "3.0/mlflow/roles/assign", {"username": "dana", "role_id": role["id"]})
    logins.keep(PEOPLE, TASKS)
    held = administrator("GET", "3.0/mlflow/users/roles/list?username=dana")["roles"]
    assert ROLE in {one["name"] for one in held} and "By hand" not in {one["name"] for one in held}
