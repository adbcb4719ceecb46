"""The cases, one subject a file; each file lists its own in CASES."""

from importlib import import_module

from bench.case import Case

MODULES = (
    "drift",
    "validation",
    "one_row",
    "scoring_api",
    "counting",
    "batch",
    "parsing",
    "growth",
    "fairness",
    "evidence",
)


def cases_of(module: str) -> tuple[Case, ...]:
    """Return the cases of one file."""
    found: tuple[Case, ...] = import_module(f"{__name__}.{module}").CASES
    return found


def find(module: str, name: str) -> Case:
    """Return a case by its file and its name."""
    return next(case for case in cases_of(module) if case.name == name)
