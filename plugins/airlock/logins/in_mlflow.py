"""Logins in MLflow: people read, those who train write, and the tasks have a login of their own."""

from collections.abc import Mapping
from typing import Any

import httpx

from airlock.logins.accounts import Account, LoginError
from airlock.spec.people import PEOPLE_FILE

#: MLflow's one workspace, where workspaces are not used.
WORKSPACE = "default"
ROLE = "Works"
#: To log runs and register versions, also in what others began; not to delete.
GRANTS = (("experiment", "*", "EDIT"), ("registered_model", "*", "EDIT"))
PARTS = ("resource_type", "resource_pattern", "permission")
#: How the role begins in which MLflow keeps what somebody was granted alone: to manage what they made.
OWN = "__user_"


class MlflowLogins:
    """MLflow's logins, as its administrator sees them."""

    def __init__(self, url: str, administrator: str, password: str) -> None:
        self._administrator = administrator
        self._http = httpx.Client(base_url=url, auth=(administrator, password), timeout=30, trust_env=False)

    def keep(self, people: tuple[Account, ...], tasks: tuple[str, str]) -> list[str]:
        """Give people and tasks a login with exactly their rights, and remove every other; say what changed.

        Who works keeps what MLflow granted them alone: to manage what they made.

        Raises
        ------
        LoginError
            When somebody has the user name of the administrator or the tasks; when MLflow refuses, or does
            not answer.
        """
        self._refuse_reserved(people, tasks[0])
        wanted = {account.user: account.password for account in people} | dict([tasks])
        works = {account.user for account in people if account.works_in_mlflow} | {tasks[0]}
        role, said = self._role(), []
        known = {user["username"]: user for user in self._call("GET", "2.0", "users/list")["users"]}
        for name in known.keys() - wanted.keys() - {self._administrator}:
            self._call("DELETE", "2.0", "users/delete", {"username": name})
            said.append(f"{name} is not in people.yaml and has no login in MLflow any more.")
        for name, password in wanted.items():
            if name not in known:
                self._call("POST", "2.0", "users/create", {"username": name, "password": password})
                said.append(f"{name} may {'work' if name in works else 'read'} in MLflow.")
            elif name == tasks[0]:
                self._call("PATCH", "2.0", "users/update-password", {"username": name, "password": password})
            self._give_and_take(name, role, known.get(name, {}), name in works)
        return said

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _refuse_reserved(self, people: tuple[Account, ...], tasks: str) -> None:
        """People share no login with the administrator or the tasks, whose rights they would change."""
        for account in people:
            if account.user in (self._administrator, tasks):
                whose = "MLflow's administrator" if account.user == self._administrator else "Airflow's tasks"
                raise LoginError(
                    f"{PEOPLE_FILE}: people.{account.user}: this is the login of {whose} in MLflow. "
                    "Give the person another user name."
                )

    def _role(self) -> int:
        """Return the role of who works, with its grants and no other."""
        found = self._call("GET", "3.0", "roles/list", query={"workspace": WORKSPACE})["roles"]
        known = next((role for role in found if role["name"] == ROLE), None)
        role = (
            known or self._call("POST", "3.0", "roles/create", {"workspace": WORKSPACE, "name": ROLE})["role"]
        )
        has = {tuple(grant[part] for part in PARTS): grant for grant in role["permissions"]}
        for grant in has.keys() - set(GRANTS):
            self._remove(has[grant])
        for grant in set(GRANTS) - has.keys():
            given = {"role_id": role["id"], **dict(zip(PARTS, grant, strict=True))}
            self._call("POST", "3.0", "roles/permissions/add", given)
        return int(role["id"])

    def _give_and_take(self, name: str, role: int, known: Mapping[str, Any], works: bool) -> None:
        if known.get("is_admin"):
            self._call("PATCH", "2.0", "users/update-admin", {"username": name, "is_admin": False})
        roles = {one["id"]: one for one in known.get("roles", ())}
        if works and role not in roles:
            self._call("POST", "3.0", "roles/assign", {"username": name, "role_id": role})
        for number, one in roles.items():
            if one["name"].startswith(OWN) and not works:
                for grant in one["permissions"]:
                    self._remove(grant)
            elif not one["name"].startswith(OWN) and not (works and number == role):
                self._call("DELETE", "3.0", "roles/unassign", {"username": name, "role_id": number})

    def _remove(self, grant: Mapping[str, Any]) -> None:
        self._call("DELETE", "3.0", "roles/permissions/remove", {"role_permission_id": grant["id"]})

    def _call(
        self,
        method: str,
        version: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        try:
            answer = self._http.request(method, f"/api/{version}/mlflow/{path}", json=body, params=query)
        except httpx.HTTPError as error:
            raise LoginError(f"MLflow at {self._http.base_url} does not answer: {error}.") from None
        if answer.is_error:
            raise LoginError(
                f"MLflow refused {method} {path} with {answer.status_code}: {answer.text[:300]} "
                "Does it run with --app-name basic-auth, and is its administrator's password right?"
            )
        return answer.json()
