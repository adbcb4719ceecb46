"""The catalogue: what the organisation says of a data source, and what a spec may make of it."""

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from airlock.object_storage import SCHEME, path_of
from airlock.spec.base import Section
from airlock.spec.columns import Classification
from airlock.spec.data import CallableSource, FileSource, SqlSource, Use
from airlock.spec.errors import Problem, SpecError
from airlock.spec.governance import Person
from airlock.spec.load import SPEC_FILE
from airlock.spec.model import ModelSpec
from airlock.spec.parse import parse

FOLDER = "catalogue"


class CataloguedColumn(Section):
    """One column of the source, as whoever is responsible for it sees it."""

    classification: Classification = Field(description="how carefully it must be treated")
    responsible: Person | None = Field(
        None, description="who answers for the column; absent: whoever does for the source"
    )
    protected: bool = Field(
        False, description="whether it says which group a person belongs to; a spec must give it that role"
    )
    forbidden: str | None = Field(
        None, min_length=10, description="why no model may read it; absent: models may"
    )


class Entry(Section):
    """One data source: who answers for it, what it may be used for, and what its columns are."""

    title: str = Field(min_length=1, description="how people call the source")
    responsible: Person = Field(description="who answers for it")
    connection: str | None = Field(None, description="the one Airflow connection it is reached by")
    files: str | None = Field(
        None,
        description="the address in an object storage below which its files lie, such as s3://bank/loans; "
        "without it and connection the source may be reached in any way",
    )
    purposes: dict[str, Annotated[str, StringConstraints(min_length=10)]] = Field(
        min_length=1, description="what it may be used for: a word for specs to name, and a sentence"
    )
    columns: dict[str, CataloguedColumn] = Field(
        min_length=1, description="every column that a model may know of, by its name"
    )

    @field_validator("files")
    @classmethod
    def _is_an_address(cls, files: str | None) -> str | None:
        if files is not None:
            path_of(files)
        return files

    def responsible_for(self, column: str) -> Person:
        """Return who answers for a column."""
        return self.columns[column].responsible or self.responsible


def entry_names(include: Path) -> tuple[str, ...]:
    """Return the names of the catalogue's entries."""
    return tuple(sorted(path.stem for path in (include / FOLDER).glob("*.yaml")))


def load_entry(include: Path, name: str) -> Entry:
    """Read one entry of the catalogue.

    Raises
    ------
    SpecError
        When the file is missing or wrong, with every problem found.
    """
    return parse(include / FOLDER / f"{name}.yaml", Entry)


def entry_for(spec: ModelSpec, include: Path) -> Entry | None:
    """Return the entry that the spec's data come from, if it allows everything the spec does with them.

    Raises
    ------
    SpecError
        When the entry is missing or wrong, or refuses the spec; with every problem found.
    """
    use = spec.data.catalogue
    if use is None:
        return None
    if use.source in (known := entry_names(include)):
        entry = load_entry(include, use.source)
        problems = tuple(refusals(entry, use, spec))
        if not problems:
            return entry
    else:
        problems = (_no_entry(use.source, known),)
    raise SpecError(include / "models" / spec.name / SPEC_FILE, problems)


def refusals(entry: Entry, use: Use, spec: ModelSpec) -> Iterator[Problem]:
    """Yield everything that a spec does with a source and the source's entry does not allow."""
    if use.purpose not in entry.purposes:
        wrong = f"{use.purpose!r} is nothing that {entry.title} may be used for."
        allowed = "; ".join(f"{name} ({sentence.rstrip('.')})" for name, sentence in entry.purposes.items())
        cure = f"It may be used for: {allowed}. For more ask {_whom(entry.responsible)}."
        yield Problem("data.catalogue.purpose", wrong, f"{_close(use.purpose, entry.purposes)}{cure}")
    yield from _another_source(entry, spec.data.source.kind, "data.source")
    for name, indicator in spec.monitoring.indicators.items():
        yield from _another_source(entry, indicator.source.kind, f"monitoring.indicators.{name}.source")
    for name in spec.data.read:
        yield from _column_refusals(entry, spec, name)
    for name, column in entry.columns.items():
        if column.protected and name not in spec.data.protected:
            wrong = "says which group a person belongs to, and is not compared by it here."
            cure = "Write role: protected; feature_because says why the estimator may see it too."
            yield Problem(f"data.columns.{name}", wrong, cure)


def _another_source(
    entry: Entry, source: SqlSource | FileSource | CallableSource, key: str
) -> Iterator[Problem]:
    ways = " or ".join(repr(way) for way in (entry.connection, entry.files) if way)
    match source:
        case SqlSource(connection=name):
            here, what = f"{key}.sql.connection", f"the connection {name!r}"
            allowed = name == entry.connection
        case FileSource(path=path) if entry.files:
            here, what = f"{key}.file.path", f"the file {path}"
            allowed = _lies_below(path, entry.files)
        case _:
            here, what, allowed = key, "no connection", False
    if ways and not allowed:
        wrong = f"reads from {what}, and {entry.title} is reached by {ways}."
        cure = f"Read from {ways}, or name the entry of what you read in data.catalogue.source."
        yield Problem(here, wrong, cure)


def _lies_below(path: str, files: str) -> bool:
    return path.startswith(SCHEME) and f"{path_of(path)}/".startswith(f"{path_of(files)}/")


def _column_refusals(entry: Entry, spec: ModelSpec, name: str) -> Iterator[Problem]:
    key = f"data.columns.{name}"
    own, known = spec.data.columns[name], entry.columns.get(name)
    if known is None:
        wrong = f"is not classified: {entry.title} has no such column in the catalogue."
        cure = f"Write role: ignored, or ask {_whom(entry.responsible)} to classify it."
        yield Problem(key, wrong, f"{_close(name, entry.columns)}{cure}")
        return
    whom = _whom(entry.responsible_for(name))
    if known.forbidden:
        wrong = f"may not be read by any model: {known.forbidden.rstrip('.')}."
        yield Problem(key, wrong, f"Write role: ignored, or ask {whom}.")
    if own.classification is not known.classification:
        wrong = f"is {own.classification} here, and {known.classification} in the catalogue."
        cure = f"Write {known.classification}, or ask {whom} to classify it anew."
        yield Problem(f"{key}.classification", wrong, cure)


def _no_entry(name: str, known: tuple[str, ...]) -> Problem:
    return Problem(
        "data.catalogue.source",
        f"{name!r} is no entry of the catalogue.",
        f"{_close(name, known)}Known entries: {', '.join(known) or 'none'}; "
        f"include/{FOLDER}/<name>.yaml would be a new one.",
    )


def _close(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean {close[0]!r}? " if close else ""


def _whom(person: Person) -> str:
    return f"{person.name} ({person.email})"
