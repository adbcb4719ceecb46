"""Text files with one row a line: which character separates the values, and whether names come first."""

import csv
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv

from airlock.onboarding.errors import OnboardingError

SEPARATORS = (",", ";", "\t", "|", " ")
LOOKED_AT = 200


def read_text(path: Path, header: Sequence[str] | None) -> pa.Table:
    """Return the rows as text; only an empty field is missing.

    Raises
    ------
    OnboardingError
        When the values cannot be told apart, or nobody says what the columns are called.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(islice(file, LOOKED_AT))
    except UnicodeDecodeError:
        cure = f"Turn it into UTF-8 first, such as: iconv -f latin1 -t utf-8 {path.name} > utf8.csv"
        raise OnboardingError("SOURCE", f"{path.name} is not UTF-8.", cure) from None
    separator = separator_of(lines)
    if separator is None:
        wrong = f"the lines of {path.name} do not fall into columns, whichever of {spelled()} separates them."
        raise OnboardingError("SOURCE", wrong, "Save it as CSV with a comma between the values.")
    first = [name.strip() for name in next(csv.reader(lines, delimiter=separator))]
    names, skipped = _names(path, first, header)
    return arrow_csv.read_csv(
        path,
        arrow_csv.ReadOptions(column_names=names, skip_rows=skipped),
        arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    )


def separator_of(lines: Sequence[str]) -> str | None:
    """Return the character that cuts every line into the same number of values, the most of all.

    >>> separator_of(["name;income", "Ada;1,5", "Bo;2,5"])
    ';'
    >>> separator_of(["one", "two, three"]) is None
    True
    """
    widths = {
        separator: {len(row) for row in csv.reader(lines, delimiter=separator) if row}
        for separator in SEPARATORS
    }
    even = {separator: max(found) for separator, found in widths.items() if len(found) == 1}
    best = max(even, key=lambda separator: even[separator], default=None)
    return best if best is not None and even[best] > 1 else None


def spelled() -> str:
    """Return the separators as people call them."""
    return "comma, semicolon, tab, bar and space"


def _names(path: Path, first: list[str], header: Sequence[str] | None) -> tuple[list[str], int]:
    """Return what the columns are called, and how many lines that took."""
    if header:
        if len(header) != len(first):
            wrong = f"names {len(header)} columns, and {path.name} has {len(first)}."
            raise OnboardingError("HEADER", wrong, "Name each column once, in the order of the file.")
        return list(header), int(first == list(header))
    if values := [value for value in first if not value or _is_number(value)]:
        wrong = f"the first line of {path.name} holds {values[0]!r}, which is no column's name."
        cure = f"Name its {len(first)} columns, with commas between them: HEADER=first,second,..."
        raise OnboardingError("SOURCE", wrong, cure)
    return first, 1


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
