"""Reading a file that a person wrote as a section of its kind, and saying clearly what is wrong with it."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from airlock.spec.base import Section
from airlock.spec.errors import Problem, SpecError
from airlock.spec.questions import open_questions
from airlock.spec.yaml_file import mapping_in, text_of

S = TypeVar("S", bound=Section)


def parse(file: Path, section: type[S], given: Mapping[str, Any] | None = None) -> S:
    """Read a file as a section; `given` are the keys that its place says, which it may not write itself.

    Raises
    ------
    SpecError
        With everything wrong with it, each at its key.
    """
    found: S = _understood(file, text_of(file), section, tuple((given or {}).items()))
    return found


@lru_cache(maxsize=4096)
def _understood(file: Path, text: str, section: type[S], given: tuple[tuple[str, Any], ...]) -> S:
    """Understand each text once: sections are frozen, and every model of a tier asks for the same policy."""
    content = mapping_in(text, file)
    if clash := dict(given).keys() & content.keys():
        key = min(clash)
        raise SpecError(
            file, (Problem(key, "is not written in the file.", "Remove it: the folder's name says it."),)
        )
    questions = tuple(open_questions(content))
    try:
        understood = section.model_validate({**content, **dict(given)})
    except ValidationError as error:
        asked = [question.key for question in questions]
        others = [one for one in _problems(error, section, content) if not _below(one.key, asked)]
        raise SpecError(file, (*questions, *others)) from None
    if questions:
        raise SpecError(file, questions)
    return understood


def _below(key: str, others: Iterable[str]) -> bool:
    """Say whether a key is one of the others, or a part of what stands there."""
    return any(f"{key}.".startswith(f"{other}.") for other in others)


def _problems(error: ValidationError, section: type[BaseModel], content: Any) -> Iterator[Problem]:
    told = set()
    for item in error.errors(include_url=False):
        location = tuple(item["loc"])
        key = ".".join(str(part) for part in location) or "spec"
        match item["type"]:
            case "extra_forbidden":
                yield Problem(key, "is not a key Airlock knows.", _known_keys(location, section))
            case "missing":
                yield Problem(key, "is missing.", "Add it.")
            case "value_error":
                wrong, _, cure = item["msg"].removeprefix("Value error, ").partition(". ")
                yield Problem(key, wrong.rstrip(".") + ".", cure)
            case _:
                # A value that fits none of several types is told once, at its own key.
                key = ".".join(_written(location, content)) or key
                if key in told:
                    continue
                told.add(key)
                yield Problem(key, f"{item['input']!r} does not fit.", f"{item['msg']}.")


def _written(location: tuple[str | int, ...], content: Any) -> Iterator[str]:
    """Yield the part of a location that stands in the file: pydantic adds the names of a union's types."""
    for part in location:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return
        yield str(part)


def _known_keys(location: tuple[str | int, ...], section: type[BaseModel]) -> str:
    known = _keys_at(location[:-1], section)
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}Known keys here: {', '.join(known)}."


def _keys_at(location: tuple[str | int, ...], section: type[BaseModel]) -> list[str]:
    current = section
    for part in location:
        field = current.model_fields.get(str(part))  # none: a key of a mapping, or an index into a list
        current = (field and _section_in(field.annotation)) or current
    return [name for name, field in current.model_fields.items() if not field.exclude]


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that an annotation such as `dict[str, Column]` or `Batch | None` speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for argument in get_args(annotation) if (inner := _section_in(argument))), None)
