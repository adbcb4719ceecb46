"""docs/roles.md says what the code says: who may do what by hand, and which database role may do what."""

from airlock.governance.grants import GRANTS, ROLES
from airlock.settings import ROOT
from airlock.spec.people import MAY, Role
from tests.stack.test_environment import KNOWN

PAGE = (ROOT / "docs" / "roles.md").read_text(encoding="utf-8")


def table(*rows: tuple[str, ...]) -> str:
    header, *others = rows
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, ("---",) * len(header), *others))


def test_who_may_do_what_by_hand() -> None:
    rows = [(f"`{act}`", *("yes" if role in roles else "no" for role in Role)) for act, roles in MAY.items()]
    assert table(("act", *(f"`{role}`" for role in Role)), *rows) in PAGE


def test_which_database_role_may_do_what() -> None:
    names = dict.fromkeys(name for grants in GRANTS.values() for name in grants)
    rows = [
        (f"`{name}`", *(", ".join(GRANTS[role].get(name, ())) or "nothing" for role in ROLES))
        for name in names
    ]
    assert table(("table", *(f"`{role}`" for role in ROLES)), *rows) in PAGE


def test_whose_password_each_process_knows() -> None:
    rows = [
        (f"`{name}`", ", ".join(f"`{role}`" for role in sorted(roles)) or "none")
        for name, roles in KNOWN.items()
    ]
    assert table(("process", "passwords of"), *rows) in PAGE
