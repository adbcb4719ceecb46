"""Questions that nobody has answered: texts `TODO: …` where a person's answer is to come."""

import re
from collections.abc import Iterator
from typing import Any

from airlock.spec.errors import Problem

QUESTION = re.compile(r"\s*TODO\s*:\s*(?P<asked>.*)", re.DOTALL)
UNANSWERED = "is not answered yet."


def open_questions(content: Any, key: str = "") -> Iterator[Problem]:
    """Yield each question that stands in a file, at its key.

    >>> [str(question) for question in open_questions({"owner": {"name": "TODO: Who answers for it?"}})]
    ['owner.name: is not answered yet. Who answers for it?']
    """
    if isinstance(content, str) and (found := QUESTION.fullmatch(content)):
        asked = " ".join(found["asked"].split())
        yield Problem(key, UNANSWERED, asked or "Write the answer in its place.")
    elif isinstance(content, dict | list):
        items = content.items() if isinstance(content, dict) else enumerate(content)
        for part, value in items:
            yield from open_questions(value, f"{key}.{part}" if key else str(part))
