"""Which role each column plays, how carefully it must be treated, and why: guesses from names and values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from airlock.onboarding.errors import OnboardingError
from airlock.onboarding.looks import Look
from airlock.onboarding.words import (
    BIRTHS,
    GROUPS,
    KEYS,
    PEOPLE,
    PERSONAL,
    SENSITIVE,
    SENSITIVE_GROUPS,
    words_in,
)
from airlock.spec.columns import Classification, Kind, Role

#: Where an age is cut into groups, if people of both sides are in the data.
AGES = (25.0, 40.0, 65.0)
#: One value in more of the rows than this, and a column says next to nothing.
CONSTANT = 0.99
MOSTLY_MISSING = 0.95
#: A category with more values than this part of its rows names rows.
NAMES_ROWS = 0.5
#: Fewer rows than these cannot show that a number differs in each.
FEW = 30
#: A whole number with no more values than these may be a code.
FEW_VALUES = 12


@dataclass(frozen=True)
class Guess:
    """What a spec is to say of one column, and why; `question` stands where a person must choose the role."""

    look: Look
    role: Role
    classification: Classification
    because: str
    bands: tuple[float, ...] = ()
    question: str = ""

    @property
    def kind(self) -> Kind | None:
        """The kind that the spec writes; none where the role needs none."""
        needed = self.role in (Role.FEATURE, Role.PROTECTED, Role.TARGET) or bool(self.question)
        return self.look.kind if needed else None


def key_among(looks: Sequence[Look], target: str) -> Look | None:
    """Return the column that names the rows: each row has one, and no two the same; None where there is none.

    One that is called an id comes first, then a text, then a number that counts the rows.
    """
    unique = [look for look in looks if look.unique and look.name != target and not look.moments]
    called = [look for look in unique if words_in(look.name) & KEYS and (look.whole or _is_text(look))]
    counting = [look for look in unique if look.sequence]
    texts = [look for look in unique if _is_text(look) and look is looks[0]]
    return next(iter([*called, *texts, *counting]), None)


def time_among(looks: Sequence[Look], target: str, earliest: Mapping[str, float]) -> Look | None:
    """Return the column that says when a row's event happened: of those in every row the earliest.

    Parameters
    ----------
    earliest
        For each column of moments its median, in any unit.
    """
    whole = [
        look
        for look in looks
        if look.moments and not look.missing and look.name != target and not words_in(look.name) & BIRTHS
    ]
    return min(whole, key=lambda look: earliest[look.name], default=None)


def guesses(looks: Sequence[Look], *, key: str, time: str | None, target: str) -> tuple[Guess, ...]:
    """Return what each column is, in the order of the source.

    Raises
    ------
    OnboardingError
        When nothing is left to learn from.
    """
    people = [look.name for look in looks if speaks_of_people(look)]
    found = tuple(_guess(look, key, time, target, bool(people)) for look in looks)
    if not any(guess.role is Role.FEATURE for guess in found):
        wrong = "no column is left that a model could learn from."
        cure = "Give columns that differ from row to row and are known when an answer is needed."
        raise OnboardingError("SOURCE", wrong, cure)
    return found


def speaks_of_people(look: Look) -> bool:
    """Say whether a column's name or values speak of a person.

    >>> from airlock.onboarding.looks import Look
    >>> speaks_of_people(Look("customer_income", Kind.NUMBER, False, 9, 0.0, 9, 0.1))
    True
    """
    return look.addresses or bool(words_in(look.name) & (SENSITIVE_GROUPS | GROUPS | SENSITIVE | PERSONAL))


def ignored(guess: Guess, because: str) -> Guess:
    """Return a column as one that is not read, and why."""
    return replace(guess, role=Role.IGNORED, because=because, bands=())


def _guess(look: Look, key: str, time: str | None, target: str, people: bool) -> Guess:
    role, because = _role(look, key, time, target)
    bands = _bands(look) if role is Role.PROTECTED and "age" in words_in(look.name) else ()
    return Guess(look, role, _classification(look, people), because, bands)


def _role(look: Look, key: str, time: str | None, target: str) -> tuple[Role, str]:
    words = words_in(look.name)
    if look.name == target:
        return Role.TARGET, "what is to be predicted"
    if look.name == key:
        return Role.IDENTIFIER, "one value a row"
    if look.name == time:
        return Role.EVENT_TIME, "when the row's event happened"
    if look.moments:
        return Role.IGNORED, "a moment: models learn from numbers, such as the days since then"
    if look.kind is None:
        return Role.IGNORED, "holds no value"
    if look.most > CONSTANT:
        return Role.IGNORED, f"{look.most:.1%} of its values are the same"
    if look.missing > MOSTLY_MISSING:
        return Role.IGNORED, f"{look.missing:.1%} of the rows have none"
    if words & KEYS and (look.whole or _is_text(look)):
        return Role.IDENTIFIER, "by its name a key: no estimator learns from it"
    if words & (SENSITIVE_GROUPS | GROUPS):
        return Role.PROTECTED, "by its name a group of people"
    if look.addresses or (_is_text(look) and look.distinct > NAMES_ROWS * look.rows * (1 - look.missing)):
        return Role.IGNORED, f"{look.distinct:,} different texts: names rows, tells nothing of new ones"
    return Role.FEATURE, _described(look)


def subject_among(found: Sequence[Guess], key: str) -> str | None:
    """Return the identifier that names a person, where rows may be about one person several times."""
    named = (guess for guess in found if guess.role is Role.IDENTIFIER and guess.look.name != key)
    return next((guess.look.name for guess in named if words_in(guess.look.name) & PEOPLE), None)


def _described(look: Look) -> str:
    missing = f"; {look.missing:.1%} missing" if look.missing else ""
    if look.kind is Kind.NUMBER:
        codes = "; codes? then kind: category" if look.whole and look.distinct <= FEW_VALUES else ""
        return f"nearly all from {look.bulk[0]:,.6g} to {look.bulk[1]:,.6g}{codes}{missing}"
    return f"{look.distinct:,} different values{missing}"


def _classification(look: Look, people: bool) -> Classification:
    if words_in(look.name) & (SENSITIVE_GROUPS | SENSITIVE):
        return Classification.SENSITIVE
    return Classification.PERSONAL if people else Classification.BUSINESS


def _bands(look: Look) -> tuple[float, ...]:
    return tuple(age for age in AGES if look.bulk[0] < age < look.bulk[1]) if look.kind is Kind.NUMBER else ()


def _is_text(look: Look) -> bool:
    return look.kind is Kind.CATEGORY
