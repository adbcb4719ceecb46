"""What the names of columns give away: which speak of people, of groups of people, of keys and of births."""

import re


def _words(*texts: str) -> frozenset[str]:
    return frozenset(" ".join(texts).split())


#: Which group a person belongs to; the law protects these in one country or another.
SENSITIVE_GROUPS = _words(
    "sex gender race ethnic ethnicity religion religious belief disability disabled orientation nationality",
    "citizenship foreign migrant immigrant origin pregnant pregnancy union political",
)
GROUPS = _words("age ages marital civil married family region")
#: Of whom the rest of the row speaks, once one of these is there.
SENSITIVE = _words(
    "health diagnosis disease illness medical biometric genetic fingerprint criminal conviction offence"
)
PERSONAL = _words(
    "name surname firstname lastname email mail phone telephone mobile address street house zip postcode",
    "postal city iban account ssn passport licence salary income wage birth birthday birthdate dob person",
    "customer client applicant patient employee user member citizen student household job occupation",
    "profession children dependents liable spouse",
)
#: Whom a key may name.
PEOPLE = _words(
    "person customer client applicant patient employee user member citizen student subject borrower driver"
)
KEYS = _words("id ids key uuid guid nr pk identifier")
BIRTHS = _words("birth birthday birthdate dob born")
#: A value of a target that counts as yes, where one does.
YES = ("yes", "y", "true", "t", "bad", "default", "fraud", "churned", "malignant", "positive")


def words_in(name: str) -> frozenset[str]:
    """Return the words that a column's name is made of, in small letters.

    >>> sorted(words_in("personalStatus_Sex2")), sorted(words_in("Date of birth"))
    (['personal', 'sex', 'status'], ['birth', 'date', 'of'])
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return frozenset(word.lower() for word in re.findall(r"[^\W\d_]+", apart))


def title_of(name: str) -> str:
    """Return a model's name as people write it.

    >>> title_of("german_credit")
    'German credit'
    """
    return name.replace("_", " ").strip().capitalize()
