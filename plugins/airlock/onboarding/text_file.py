"""Text files of rows: which character separates the values, and whether names come first."""

import codecs
import csv
import shlex
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv

from airlock.onboarding.errors import OnboardingError

SEPARATORS = (",", ";", "\t", "|", " ")
LOOKED_AT = 200
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: A text of any length is a value; Python's own limit is 131,072 characters.
csv.field_size_limit(1 << 30)

Row = Sequence[str]


def read_text(path: Path, header: Sequence[str] | None) -> pa.Table:
    """Return the rows as text; only an empty field is missing.

    Raises
    ------
    OnboardingError
        When the values cannot be told apart, or nobody says what the columns are called.
    """
    lines = _beginning(path)
    separator = separator_of(lines)
    if separator is None:
        wrong = f"the lines of {path.name} do not fall into columns, whichever of {spelled()} separates them."
        raise OnboardingError("SOURCE", wrong, "Save it as CSV with a comma between the values.")
    rows = _whole_rows(lines, separator)
    blank = next(number for number, row in enumerate(rows) if row)
    names, named = _names(path, [row for row in rows if row], header)
    # Of what is skipped after the names a row may be several lines, of what is skipped before not.
    reading = arrow_csv.ReadOptions(column_names=names, skip_rows_after_names=blank + 1 if named else 0)
    parsing = arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True)
    texts = dict.fromkeys(names, pa.string())
    converting = arrow_csv.ConvertOptions(column_types=texts, null_values=[""], strings_can_be_null=True)
    try:
        return arrow_csv.read_csv(path, reading, parsing, converting)
    except pa.ArrowInvalid as error:
        if "invalid UTF8" in str(error):  # further down than the beginning
            raise _not_utf8(path) from None
        raise


def separator_of(lines: Sequence[str]) -> str | None:
    """Return the character that cuts every row into the same number of values, the most of all.

    >>> separator_of(["name;income", "Ada;1,5", "Bo;2,5"])
    ';'
    >>> separator_of(["one", "two, three"]) is None
    True
    """
    widths = {
        separator: {len(row) for row in _whole_rows(lines, separator) if row} for separator in SEPARATORS
    }
    even = {separator: max(found) for separator, found in widths.items() if len(found) == 1}
    best = max(even, key=lambda separator: even[separator], default=None)
    return best if best is not None and even[best] > 1 else None


def spelled() -> str:
    """Return the separators as people call them."""
    return "comma, semicolon, tab, bar and space"


def _beginning(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(islice(file, LOOKED_AT))
    except UnicodeDecodeError:
        raise _not_utf8(path) from None


def _not_utf8(path: Path) -> OnboardingError:
    with path.open("rb") as file:
        encoding = "utf-16" if file.read(2) in UTF_16 else "latin1"
    cure = f"iconv -f {encoding} -t utf-8 {shlex.quote(str(path))} > utf8.csv"
    return OnboardingError(
        "SOURCE", f"{path.name} is not UTF-8.", f"Turn it into UTF-8 first, such as: {cure}"
    )


def _whole_rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    """Return the rows of a file's first lines, without one that goes on in the lines after them."""
    rows = list(csv.reader(lines, delimiter=separator))
    return rows[:-1] if len(lines) == LOOKED_AT else rows


def _names(path: Path, rows: Sequence[Row], header: Row | None) -> tuple[list[str], bool]:
    """Return what the columns are called, and whether the first row says so."""
    first = [" ".join(name.split()) for name in rows[0]]
    unnamed = [value for value in first if not value or _is_number(value)]
    if header:
        if len(header) != len(first):
            wrong = f"names {len(header)} columns, and {path.name} has {len(first)}."
            raise OnboardingError("HEADER", wrong, "Name each column once, in the order of the file.")
        if first != list(header) and not unnamed and _are_names(first, header, rows[1:]):
            wrong = f"{path.name} has names of its own: {', '.join(first)}."
            raise OnboardingError("HEADER", wrong, "Leave HEADER away, or take that line out of the file.")
        return list(header), first == list(header)
    if unnamed:
        wrong = f"the first line of {path.name} holds {unnamed[0]!r}, which is no column's name."
        cure = f"Name its {len(first)} columns, with commas between them: HEADER=first,second,..."
        raise OnboardingError("SOURCE", wrong, cure)
    return first, True


def _are_names(first: Row, header: Row, rest: Sequence[Row]) -> bool:
    """Say whether texts are names: one is as the header calls its column, or stands above numbers only."""
    if any(one.casefold() == name.casefold() for one, name in zip(first, header, strict=True)):
        return True
    stated = ([value for value in column if value] for column in zip(*rest, strict=True))
    return any(values and all(map(_is_number, values)) for values in stated)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
