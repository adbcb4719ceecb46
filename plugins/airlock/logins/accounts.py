"""Accounts: what each role of `people.yaml` may do in Airflow and MLflow, and everybody's first password."""

import base64
import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from airlock.spec.people import People, Role

#: A role of our own in Airflow's FAB: what its `viewer` may see besides. It changes nothing.
PAGES = "Airlock"
#: The least that may trigger a Dag and answer a question is `User`. `Op` has connections and pools, and can
#: neither make nor change a login: nobody takes an approver's.
AIRFLOW_ROLES: Mapping[Role, str] = {
    Role.DATA_SCIENTIST: "User",
    Role.ML_ENGINEER: "User",
    Role.APPROVER: "User",
    Role.AUDITOR: "Viewer",
    Role.ADMIN: "Op",
}
#: Who may log runs and register models in MLflow beside the tasks; everybody else reads.
MLFLOW_WORKS = frozenset({Role.DATA_SCIENTIST, Role.ML_ENGINEER})
SHORTEST_SECRET = 32


class LoginError(Exception):
    """A login could not be made; says whose, and what to do."""


@dataclass(frozen=True)
class Account:
    """One login, and what it may do."""

    user: str
    name: str
    email: str
    password: str
    airflow_roles: tuple[str, ...]
    works_in_mlflow: bool

    @property
    def first_name(self) -> str:
        """What stands before the last word of the name."""
        return self.name.rpartition(" ")[0]

    @property
    def last_name(self) -> str:
        """The last word of the name."""
        return self.name.rpartition(" ")[2]


def accounts(people: People, secret: str) -> tuple[Account, ...]:
    """Return the account of everybody, in the file's order."""
    return tuple(
        Account(
            user=user,
            name=person.name,
            email=person.email,
            password=first_password(secret, user),
            airflow_roles=airflow_roles(person.roles),
            works_in_mlflow=not MLFLOW_WORKS.isdisjoint(person.roles),
        )
        for user, person in people.people.items()
    )


def airflow_roles(roles: Iterable[Role]) -> tuple[str, ...]:
    """Return the roles in Airflow of somebody who plays these parts.

    >>> airflow_roles([Role.AUDITOR])
    ('Airlock', 'Viewer')
    """
    return tuple(sorted({PAGES, *(AIRFLOW_ROLES[role] for role in roles)}))


def first_password(secret: str, user: str) -> str:
    """Return the password that a login is made with: known from the secret, kept nowhere.

    Notes
    -----
    HMAC-SHA-256 (RFC 2104) of the user name under the secret, cut to 120 bits. One does not tell another.

    >>> first_password("0" * 32, "ria")
    'RAgF3gba2isl3FSY8RrR'
    """
    digest = hmac.digest(secret.encode(), f"airlock login {user}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:15]).decode()


def login_secret() -> str:
    """Return the secret that the first passwords are made of.

    Raises
    ------
    LoginError
        When AIRLOCK_LOGIN_SECRET is missing or too short to keep a password secret.
    """
    secret = os.environ.get("AIRLOCK_LOGIN_SECRET", "")
    if len(secret) < SHORTEST_SECRET:
        raise LoginError(
            f"AIRLOCK_LOGIN_SECRET has {len(secret)} characters and needs {SHORTEST_SECRET}: "
            "`python3 -m stack.compose >> .env` makes one, and only docker-compose.yaml hands it out."
        )
    return secret
