"""Draft a new model from its data: spec, suite, impact assessment and an entry of the catalogue.

`make new-model NAME=churn SOURCE=customers.csv TARGET=churned` runs it. HEADER names the columns of a
text file that has no names of its own, with commas between them.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airlock.onboarding.checking import problems_of, refused
from airlock.onboarding.columns import columns_of
from airlock.onboarding.draft import Draft
from airlock.onboarding.drafting import draft_of
from airlock.onboarding.errors import OnboardingError
from airlock.onboarding.given import read_given
from airlock.onboarding.proof import Connect, known_rows, proved, require_suite_met
from airlock.onboarding.staging import require_free, staging
from airlock.onboarding.telling import told
from airlock.settings import settings
from airlock.spec import SpecError
from airlock.spec.catalogue import load_entry
from airlock.spec.errors import Problem
from airlock.spec.questions import UNANSWERED


@dataclass(frozen=True)
class Made:
    """A model that was drafted, and the questions that stand in its files."""

    draft: Draft
    unreadable: tuple[str, ...]
    questions: tuple[tuple[Path, Problem], ...]


def new_model(
    name: str,
    source: str,
    target: str,
    *,
    include: Path,
    connect: Connect,
    header: Sequence[str] | None = None,
) -> Made:
    """Look at the data, and write include/models/<name> and include/catalogue/<name>.yaml.

    Everything is written and proved elsewhere first: whatever goes wrong, nothing is half done.

    Raises
    ------
    OnboardingError
        When name, source or target will not do.
    SpecError
        When policies, people or catalogue cannot be read.
    """
    if not (name.isidentifier() and name.islower() and name.isascii()):
        wrong = f"{name!r} is not a model name."
        raise OnboardingError("NAME", wrong, "Use small letters, digits and underscores, a letter first.")
    require_free(include, name)
    given = read_given(source, header, connect)
    columns = columns_of(given, target)
    draft = draft_of(name, given, columns, target, include)
    with staging(include, name) as stage:
        if given.database is None:
            stage.keep_rows(name, columns.table)
        known = known_rows(draft, stage.write, connect)
        draft = proved(draft, known, stage.write)
        require_suite_met(draft, stage.write(draft), known)
        _require_only_questions(stage.folder, name)
        stage.move_in(name)
    entry = refused(load_entry, include, name) if draft.catalogue.entry is None else ()
    found = (*problems_of(include, name), *entry)
    asked = tuple((error.file, problem) for error in found for problem in error.problems)
    return Made(draft, columns.unreadable, asked)


def _require_only_questions(include: Path, name: str) -> None:
    for error in problems_of(include, name):
        for problem in error.problems:
            if problem.wrong != UNANSWERED:
                raise OnboardingError("SOURCE", f"no spec can be made of it: {problem}", "")


def _connect(name: str) -> Any:
    """Return an engine for an Airflow connection; only who names a table waits for Airflow's import."""
    from airlock.operators.base import connect

    return connect(name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draft one model and say what is left to do."""
    parser = argparse.ArgumentParser(prog="make new-model", description=__doc__)
    for option in ("name", "source", "target", "header"):
        parser.add_argument(f"--{option}", default="")
    asked = parser.parse_args(arguments)
    usage = "make new-model NAME=churn SOURCE=customers.csv TARGET=churned"
    for option in ("name", "source", "target"):
        if not getattr(asked, option):
            print(f"{option.upper()} is missing. Write, such as: {usage}", file=sys.stderr)
            return 2
    header = [name.strip() for name in asked.header.split(",")] if asked.header else None
    try:
        made = new_model(
            asked.name,
            asked.source,
            asked.target,
            include=settings().include,
            connect=_connect,
            header=header,
        )
    except (OnboardingError, SpecError) as error:
        print(error, file=sys.stderr)
        return 1
    print(told(made.draft, made.unreadable, made.questions, settings().include))
    return 0


if __name__ == "__main__":
    sys.exit(main())
