"""Who owns and who approves a new model, as far as people.yaml says."""

from dataclasses import dataclass

from airlock.spec.people import Act, People, Role

WHO = "TODO: Who answers for this model?"
WHO_ELSE = "TODO: Who else approves? Add them to people.yaml, with the role approver."
WHERE = "TODO: Where do mails to them go?"


@dataclass(frozen=True)
class Owner:
    """Who answers for a model, or questions that ask for it, and why it is they."""

    name: str
    email: str
    because: str


def owner_among(people: People) -> Owner:
    """Return the one data scientist; a question where there is another number of them."""
    found = [person for person in people.people.values() if Role.DATA_SCIENTIST in person.roles]
    if len(found) == 1:
        return Owner(found[0].name, found[0].email, "the only data scientist in people.yaml")
    return Owner(WHO, WHERE, f"people.yaml has {len(found)} data scientists")


def approvers_among(people: People, needed: int) -> tuple[str, ...]:
    """Return everybody who may approve, and a question for each who is missing."""
    found = people.who_may(Act.APPROVE)
    return (*found, *[WHO_ELSE] * (needed - len(found)))
