"""The types of a spec's keys in plain words."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, EmailStr

from airlock.spec.schedule import parse_schedule

WORDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    timedelta: "length of time",
    date: "day, such as 2026-01-15",
    EmailStr: "e-mail address",
    Any: "any value",
}


def type_name(annotation: Any, metadata: Any = ()) -> str:
    """Return what a person may write for a key of this type.

    Examples
    --------
    >>> type_name(dict[str, list[float]] | None)
    'mapping of names to: list of: number'
    >>> type_name(Literal["csv", "parquet"])
    'one of `csv`, `parquet`'
    """
    if any(isinstance(one, AfterValidator) and one.func is parse_schedule for one in metadata):
        return "schedule"
    if annotation in WORDS:
        return WORDS[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_name(arguments[0], arguments[1:])
    if origin in (Union, UnionType):
        names = [type_name(argument) for argument in arguments if argument is not NoneType]
        return ", ".join(names[:-2] + [" or ".join(names[-2:])])
    if origin in (list, tuple):
        return f"list of: {type_name(arguments[0])}"
    if origin is dict:
        return f"mapping of {_names(arguments[0])} to: {type_name(arguments[1])}"
    if origin is Literal:
        return _choice(arguments)
    if issubclass(annotation, StrEnum):
        return _choice(tuple(annotation))
    assert issubclass(annotation, BaseModel), f"{annotation} has no plain word yet"
    return "section"


def sections_in(annotation: Any, suffix: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield each section a type holds, with what follows its key: `.<name>` in a mapping, `[]` in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield suffix, annotation
        return
    origin, arguments = get_origin(annotation), get_args(annotation)
    below = {dict: f"{suffix}.<name>", list: f"{suffix}[]", tuple: f"{suffix}[]"}.get(origin, suffix)
    for argument in arguments:
        yield from sections_in(argument, below)


def _names(keys: Any) -> str:
    return (
        f"names ({_choice(tuple(keys))})" if isinstance(keys, type) and issubclass(keys, StrEnum) else "names"
    )


def _choice(words: tuple[Any, ...]) -> str:
    return "one of " + ", ".join(f"`{word}`" for word in words)
