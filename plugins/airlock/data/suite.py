"""Suites: Great Expectations' own JSON files, checked before anything is validated with them."""

import difflib
import json
import logging
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from airlock.spec.errors import Problem, SpecError

SUITE_FILE = "expectations.json"
SEVERITIES = ("critical", "warning", "info")
SUITE_KEYS = ("name", "expectations", "meta", "notes", "id")
ENTRY_KEYS = ("type", "kwargs", "severity", "description", "meta", "notes", "id", "rendered_content")
COLUMN_KEYS = ("column", "column_A", "column_B")
COLUMN_LIST_KEYS = ("column_list", "column_set")


@dataclass(frozen=True)
class Expectation:
    """One entry of a suite: what is expected, and how bad it is when it is not so."""

    type: str
    kwargs: Mapping[str, Any]
    severity: str
    description: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it speaks of; none where it speaks of the table."""
        single = [self.kwargs[key] for key in COLUMN_KEYS if key in self.kwargs]
        several = [name for key in COLUMN_LIST_KEYS for name in self.kwargs.get(key) or ()]
        return tuple(single + several)


@dataclass(frozen=True)
class Suite:
    """The expectations about one model's data."""

    name: str
    expectations: tuple[Expectation, ...]


def load_suite(path: Path) -> Suite:
    """Read a suite file and refuse what Great Expectations would skip or stumble over.

    Raises
    ------
    SpecError
        With every problem, naming the file and the entry: not JSON, an unknown key, an expectation that does
        not exist or whose arguments do not fit.
    """
    return parse_suite(suite_text(path), path)


def suite_text(path: Path) -> str:
    """Return a suite file as it is written.

    Raises
    ------
    SpecError
        When it is missing.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        cure = "Write it; docs/data.md shows how."
        raise SpecError(path, (Problem("file", "is missing.", cure),)) from None


def parse_suite(text: str, path: Path) -> Suite:
    """Return the suite that a text holds, as `load_suite` does; errors name `path`."""
    content = _content(text, path)
    if problems := tuple(_problems(content)):
        raise SpecError(path, problems)
    expectations = tuple(
        Expectation(
            entry["type"],
            entry["kwargs"],
            entry.get("severity", SEVERITIES[0]),
            entry.get("description") or "",
        )
        for entry in content["expectations"]
    )
    return Suite(content.get("name", path.parent.name), expectations)


def check_columns(path: Path, known: Collection[str]) -> None:
    """Refuse a suite file that cannot be read, or that speaks of columns the data do not have.

    It is quick, because it does not ask Great Expectations: whether an expectation exists, `load_suite` says.

    Raises
    ------
    SpecError
        Naming the file, the entry and the column.
    """
    entries = _content(suite_text(path), path).get("expectations")
    named = [
        (number, column)
        for number, entry in enumerate(entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("kwargs"), dict)
        for column in Expectation("", entry["kwargs"], "").columns
    ]
    if problems := tuple(
        Problem(
            f"expectations[{number}].kwargs",
            f"speaks of the column {column!r}, which data.columns of model.yaml does not list.",
            f"Known columns: {', '.join(known)}.",
        )
        for number, column in named
        if column not in known
    ):
        raise SpecError(path, problems)


def great_expectations() -> ModuleType:
    """Import Great Expectations without its hundreds of log lines and its own deprecation warnings."""
    logger = logging.getLogger("great_expectations")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations as gx
    return gx


def build(expectation: Expectation, place: int) -> Any:
    """Return Great Expectations' own object; `place` comes back with its result, as the order does not."""
    great_expectations()
    from great_expectations.expectations.registry import get_expectation_impl

    return get_expectation_impl(expectation.type)(
        **expectation.kwargs,
        severity=expectation.severity,
        description=expectation.description or None,
        meta={"place": place},
    )


def _content(text: str, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise SpecError(path, (Problem("file", f"is not JSON: {error}.", "Mend that place."),)) from None
    if not isinstance(content, dict):
        raise SpecError(
            path, (Problem("file", "is not an object.", 'Write {"name": ..., "expectations": [...]}.'),)
        )
    return content


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")


def _problems(content: dict[str, Any]) -> Iterator[Problem]:
    yield from _unknown_keys("", content, SUITE_KEYS)
    entries = content.get("expectations")
    if not isinstance(entries, list) or not entries:
        yield Problem(
            "expectations",
            "is not a list with entries.",
            "Write one at least: data nobody checks is refused.",
        )
        return
    for number, entry in enumerate(entries):
        yield from _entry_problems(f"expectations[{number}]", entry)


def _entry_problems(key: str, entry: Any) -> Iterator[Problem]:
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        yield Problem(key, "names no type.", 'Write {"type": "expect_...", "kwargs": {...}}.')
        return
    if not isinstance(entry.get("kwargs"), dict):
        yield Problem(
            f"{key}.kwargs", "is not an object.", 'Write the arguments, such as {"column": "income"}.'
        )
        return
    yield from _unknown_keys(f"{key}.", entry, ENTRY_KEYS)
    severity = entry.get("severity", SEVERITIES[0])
    if severity not in SEVERITIES:
        yield Problem(
            f"{key}.severity", f"{severity!r} is no severity.", f"Write one of {', '.join(SEVERITIES)}."
        )
        return
    yield from _argument_problems(key, Expectation(entry["type"], entry["kwargs"], severity))


def _argument_problems(key: str, expectation: Expectation) -> Iterator[Problem]:
    known = _known_types()
    if expectation.type not in known:
        yield Problem(
            f"{key}.type", f"{expectation.type!r} is no expectation.", _closest(expectation.type, known)
        )
        return
    try:
        build(expectation, 0)
    except (ValueError, TypeError) as error:
        for place, message in _said(error):
            yield Problem(f"{key}.kwargs{place}", f"{message}.", f"It is an argument of {expectation.type}.")


def _said(error: Exception) -> list[tuple[str, str]]:
    errors = getattr(error, "errors", None)
    if errors is None:
        return [("", " ".join(str(error).split()).rstrip("."))]
    return [
        ("".join(f".{part}" for part in item["loc"] if part != "__root__"), item["msg"].rstrip("."))
        for item in errors()
    ]


def _known_types() -> list[str]:
    great_expectations()
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    return sorted(list_registered_expectation_implementations())


def _unknown_keys(prefix: str, given: dict[str, Any], known: tuple[str, ...]) -> Iterator[Problem]:
    for name in given.keys() - set(known):
        yield Problem(f"{prefix}{name}", "is not a key of Great Expectations.", _closest(name, known))


def _closest(name: str, known: tuple[str, ...] | list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
