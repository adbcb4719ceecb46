"""Logins in MLflow: people read, those who train write, and the tasks have a login of their own."""

from collections.abc import Mapping
from typing import Any

import httpx

from airlock.logins.accounts import Account, LoginError

#: MLflow's one workspace, where workspaces are not used.
WORKSPACE = "default"
ROLE = "Works"
#: To log runs and register versions, also in what others began; not to delete.
GRANTS = (("experiment", "*", "EDIT"), ("registered_model", "*", "EDIT"))


class MlflowLogins:
    """MLflow's logins, as its administrator sees them."""

    def __init__(self, url: str, administrator: str, password: str) -> None:
        self._administrator = administrator
        self._http = httpx.Client(base_url=url, auth=(administrator, password), timeout=30, trust_env=False)

    def keep(self, people: tuple[Account, ...], tasks: tuple[str, str]) -> list[str]:
        """Give people and tasks a login with exactly their rights, and remove every other; say what changed.

        Raises
        ------
        LoginError
            When MLflow refuses, or does not answer.
        """
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
            self._give_or_take(name, role, known.get(name, {}), name in works)
        return said

    def _role(self) -> int:
        found = self._call("GET", "3.0", "roles/list", query={"workspace": WORKSPACE})["roles"]
        if known := next((role for role in found if role["name"] == ROLE), None):
            return int(known["id"])
        made = self._call("POST", "3.0", "roles/create", {"workspace": WORKSPACE, "name": ROLE})["role"]
        for kind, pattern, permission in GRANTS:
            grant = {"resource_type": kind, "resource_pattern": pattern, "permission": permission}
            self._call("POST", "3.0", "roles/permissions/add", {"role_id": made["id"], **grant})
        return int(made["id"])

    def _give_or_take(self, name: str, role: int, known: Mapping[str, Any], works: bool) -> None:
        if known.get("is_admin"):
            self._call("PATCH", "2.0", "users/update-admin", {"username": name, "is_admin": False})
        has = role in {one["id"] for one in known.get("roles", ())}
        if works and not has:
            self._call("POST", "3.0", "roles/assign", {"username": name, "role_id": role})
        elif has and not works:
            self._call("DELETE", "3.0", "roles/unassign", {"username": name, "role_id": role})

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
