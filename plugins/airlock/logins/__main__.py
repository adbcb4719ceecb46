"""`python -m airlock.logins airflow|mlflow|show`: make the logins, or show the first password of each."""

import argparse
import os
import sys
from contextlib import closing

from airlock.logins.accounts import Account, LoginError, accounts, login_secret
from airlock.settings import settings
from airlock.spec.errors import SpecError
from airlock.spec.people import load_people


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked, and say what changed; 1 when that failed."""
    parser = argparse.ArgumentParser(prog="python -m airlock.logins", description=__doc__)
    parser.add_argument("what", choices=("airflow", "mlflow", "show"))
    asked = parser.parse_args(arguments)
    try:
        people = accounts(load_people(settings().include), login_secret())
        said = {"airflow": _airflow, "mlflow": _mlflow, "show": _show}[asked.what](people)
    except (LoginError, SpecError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(said or ["Every login is as it should be."]))
    return 0


def _airflow(people: tuple[Account, ...]) -> list[str]:
    from airlock.logins.in_airflow import keep_logins

    return keep_logins(people)


def _mlflow(people: tuple[Account, ...]) -> list[str]:
    from airlock.logins.in_mlflow import MlflowLogins

    with closing(MlflowLogins(settings().mlflow_url, *_given("MLFLOW_AUTH_ADMIN"))) as logins:
        return logins.keep(people, _given("MLFLOW_TRACKING"))


def _given(prefix: str) -> tuple[str, str]:
    """Return a user name and password from the environment."""
    user, password = (os.environ.get(f"{prefix}_{what}", "") for what in ("USERNAME", "PASSWORD"))
    if not user or not password:
        raise LoginError(f"{prefix}_USERNAME or {prefix}_PASSWORD is not set; docker-compose.yaml sets both.")
    return user, password


def _show(people: tuple[Account, ...]) -> list[str]:
    return [f"{account.user:<8} {account.password}  {', '.join(account.airflow_roles)}" for account in people]


if __name__ == "__main__":
    sys.exit(main())
