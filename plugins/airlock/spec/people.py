"""People: who is who in this installation, and what each role may do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from pydantic import EmailStr, Field

from airlock.spec.base import Section
from airlock.spec.errors import Problem
from airlock.spec.parse import parse
from airlock.spec.words import Title

PEOPLE_FILE = "people.yaml"


class Role(StrEnum):
    """A part that people play; somebody may play several."""

    DATA_SCIENTIST = "data_scientist"
    ML_ENGINEER = "ml_engineer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Act(StrEnum):
    """Something that only some roles may do by hand."""

    TRAIN = "train"
    RELEASE = "release"
    APPROVE = "approve"
    ROLL_BACK = "roll_back"
    RESTORE = "restore"
    HANDLE_INCIDENT = "handle_incident"
    SETTLE_QUARANTINE = "settle_quarantine"
    REPRODUCE = "reproduce"
    MANAGE_KEYS = "manage_keys"
    DECIDE_CONTEST = "decide_contest"
    DELETE_PAST = "delete_past"


#: Least privilege: who does not stand here may not. An administrator runs the machine and approves nothing.
MAY: Mapping[Act, frozenset[Role]] = {
    Act.TRAIN: frozenset({Role.DATA_SCIENTIST, Role.ML_ENGINEER}),
    Act.RELEASE: frozenset({Role.DATA_SCIENTIST, Role.ML_ENGINEER, Role.APPROVER}),
    Act.APPROVE: frozenset({Role.APPROVER}),
    Act.ROLL_BACK: frozenset({Role.ML_ENGINEER, Role.APPROVER, Role.ADMIN}),
    Act.RESTORE: frozenset({Role.ML_ENGINEER, Role.ADMIN}),
    Act.HANDLE_INCIDENT: frozenset({Role.DATA_SCIENTIST, Role.ML_ENGINEER, Role.ADMIN}),
    Act.SETTLE_QUARANTINE: frozenset({Role.DATA_SCIENTIST, Role.ML_ENGINEER}),
    Act.REPRODUCE: frozenset({Role.DATA_SCIENTIST, Role.ML_ENGINEER, Role.APPROVER, Role.AUDITOR}),
    Act.MANAGE_KEYS: frozenset({Role.ML_ENGINEER, Role.ADMIN}),
    Act.DECIDE_CONTEST: frozenset({Role.APPROVER}),
    Act.DELETE_PAST: frozenset({Role.ML_ENGINEER, Role.ADMIN}),
}


class KnownPerson(Section):
    """Somebody whom Airflow lets in."""

    name: Title = Field(description="how people call them")
    email: EmailStr = Field(description="where mails to them go")
    roles: tuple[Role, ...] = Field(min_length=1, description="the parts they play")


class People(Section):
    """Everybody, by their Airflow user name."""

    people: dict[str, KnownPerson] = Field(min_length=1, description="everybody, by their Airflow user name")

    def may(self, user: str, act: Act) -> bool:
        """Say whether a user may do something; somebody who is not listed may not."""
        person = self.people.get(user)
        return person is not None and not MAY[act].isdisjoint(person.roles)

    def who_may(self, act: Act) -> tuple[str, ...]:
        """Return the users who may do something."""
        return tuple(user for user in self.people if self.may(user, act))

    def with_email(self, email: str) -> str | None:
        """Return the user whom an address belongs to."""
        known = {person.email.casefold(): user for user, person in self.people.items()}
        return known.get(email.casefold())

    def emails(self, users: Iterable[str]) -> tuple[str, ...]:
        """Return the addresses of users; those who are not listed any more have none."""
        return tuple(self.people[user].email for user in users if user in self.people)

    def emails_of(self, *roles: Role) -> tuple[str, ...]:
        """Return the addresses of everybody who plays one of some roles."""
        return tuple(
            person.email for person in self.people.values() if not set(roles).isdisjoint(person.roles)
        )


def problems_of(people: People, approvers: Sequence[str]) -> Iterator[Problem]:
    """Yield why some of a model's approvers could not stand for distinct people who may approve."""
    key, addresses = "approval.approvers", dict[str, str]()
    for user in approvers:
        if user not in people.people:
            yield Problem(key, f"{user} is not in {PEOPLE_FILE}.", "Add them there, with the role approver.")
            continue
        if not people.may(user, Act.APPROVE):
            yield Problem(
                key, f"{user} has not the role approver.", f"Add it in {PEOPLE_FILE}, or remove them."
            )
        address = people.people[user].email.casefold()
        if other := addresses.get(address):
            yield Problem(
                key, f"{other} and {user} share the address {address}.", "Name one person only once."
            )
        addresses[address] = user


def load_people(include: Path) -> People:
    """Read who is who.

    Raises
    ------
    SpecError
        When the file is missing or wrong; no model can be used then.
    """
    return parse(include / PEOPLE_FILE, People)
