"""A draft as the texts of its files."""

import json
import math
import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from airlock.onboarding.draft import Draft
from airlock.onboarding.suite import propose
from airlock.spec.durations import spell_duration

TEMPLATES = Path(__file__).parent / "templates"
PLAIN = re.compile(r"[A-Za-z_][\w]*( [\w]+)*")


def texts(draft: Draft) -> dict[str, str]:
    """Return the text of each file, by its path below the include folder."""
    folder = f"models/{draft.name}"
    found = {
        f"{folder}/model.yaml": _rendered("model.yaml", draft),
        f"{folder}/expectations.json": _suite(draft),
    }
    if draft.policy.impact:
        found[f"{folder}/impact.yaml"] = _rendered("impact.yaml", draft)
    if draft.catalogue.entry is None:
        found[f"catalogue/{draft.name}.yaml"] = _rendered("catalogue.yaml", draft)
    if draft.database is None:
        found[f"{folder}/.gitignore"] = f"# data are not for version control\n/{draft.copied_to}\n"
    return found


def plain(value: object) -> str:
    """Return a value as YAML writes it, without quotes where it needs none.

    >>> plain("risk"), plain("yes"), plain("2"), plain(True), plain('is "bad"')
    ('risk', '"yes"', '"2"', 'true', '"is \\\\"bad\\\\""')
    """
    if not isinstance(value, str):
        return json.dumps(value)
    if PLAIN.fullmatch(value) and yaml.safe_load(value) == value:
        return value
    return yaml.safe_dump(value, default_style='"', allow_unicode=True, width=math.inf).rstrip("\n")


def comment(text: str) -> str:
    """Return a text as one line that a comment can hold.

    >>> comment("too\\nlong")
    'too long'
    """
    return "".join(character if character.isprintable() else " " for character in text)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    made.filters |= {"plain": plain, "comment": comment, "spelled": _spelled}
    return made


def _spelled(length: timedelta) -> str:
    return spell_duration(length)


def _rendered(name: str, draft: Draft) -> str:
    return _environment().get_template(f"{name}.j2").render(draft=draft)


def _suite(draft: Draft) -> str:
    """Return the suite as JSON, with one expectation a line."""
    suite = propose(draft.name, draft.guesses, key=draft.key, rows=draft.rows)
    lines = ",\n".join(f"    {_line(entry)}" for entry in suite["expectations"])
    return f'{{\n  "name": {_line(suite["name"])},\n  "expectations": [\n{lines}\n  ]\n}}\n'


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
