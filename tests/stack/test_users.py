"""The logins of Airflow are the people of include/people.yaml, each with the least that their part needs."""

from airlock.governance.grants import GRANTS
from airlock.spec.people import MAY, Role, load_people
from stack.secrets import GUESTS
from stack.settings import ROOT
from stack.users import USERS

PEOPLE = load_people(ROOT / "include").people


def logins(*airflow_roles: str) -> set[str]:
    return {user.name for user in USERS if user.airflow_role in airflow_roles}


def who_are(*roles: Role) -> set[str]:
    return {name for name, person in PEOPLE.items() if set(person.roles) & set(roles)}


def test_every_login_is_somebody_and_everybody_has_a_login() -> None:
    assert {user.name for user in USERS} == set(PEOPLE)


def test_who_may_act_may_start_a_run_in_airflow_and_an_auditor_need_not() -> None:
    acting = set().union(*MAY.values()) - {Role.AUDITOR}
    assert logins("user", "admin") == who_are(*acting)
    assert logins("viewer") == who_are(Role.AUDITOR)


def test_only_administrators_are_airflow_s() -> None:
    assert logins("admin") == who_are(Role.ADMIN)


def test_the_stack_makes_the_roles_that_the_migrations_grant_to() -> None:
    assert set(GUESTS) == set(GRANTS)
