"""Texts that people write and others read: in subjects of mails, in pages, in logs."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

#: Control and format characters, and what breaks lines: in a mail's subject they would start a new header.
HIDDEN = ("Cc", "Cf", "Zl", "Zp")


def one_line(text: str) -> str:
    """Return a text of one line that shows everything it holds.

    >>> one_line("Credit\\nrisk")
    Traceback (most recent call last):
    ValueError: 'Credit\\nrisk' holds a line break or a hidden character. ...
    """
    if any(unicodedata.category(character) in HIDDEN for character in text):
        raise ValueError(
            f"{text[:60]!r} holds a line break or a hidden character. Write it on one line, in plain letters."
        )
    return text


Title = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(one_line)]
Reason = Annotated[str, StringConstraints(min_length=10)]
