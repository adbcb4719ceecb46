"""Values as PostgreSQL's COPY reads them: one line of text a row."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NULL = "\\N"
#: A NUL character in JSON.
NUL = "\\u0000"


class CopyError(ValueError):
    """A value cannot be kept in PostgreSQL."""


def copy_line(*values: Any) -> str:
    r"""Return one line of COPY's text format.

    None and NaN become null, mappings JSON (with null for NaN), moments ISO 8601 with their time zone.

    Raises
    ------
    CopyError
        When a text holds a NUL character or half of a surrogate pair, or a moment has no time zone.

    Examples
    --------
    >>> copy_line(1, None, "two\nlines", {"income": float("nan")})
    '1\t\\N\ttwo\\nlines\t{"income":null}\n'
    """
    return "\t".join([_text(value) for value in values]) + "\n"


def kept(text: str) -> str:
    """Return a text that PostgreSQL can keep, as it is.

    Raises
    ------
    CopyError
        When it holds a NUL character or half of a surrogate pair.
    """
    if "\0" in text:
        raise CopyError("A text holds a NUL character, which PostgreSQL cannot keep. Leave it out.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise CopyError(
                f"A text holds half of a surrogate pair at character {error.start + 1}, which is no Unicode "
                "text. Leave it out."
            ) from None
    return text


def _text(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, str):
        if value.isascii() and value.isprintable() and "\\" not in value:
            return value
        return kept(value).translate(ESCAPES)
    if isinstance(value, float):
        return NULL if math.isnan(value) else repr(value)
    if isinstance(value, Mapping):
        return _json(value).replace("\\", "\\\\")  # JSON escapes every other character that COPY does
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise CopyError(f"The moment {value.isoformat()} has no time zone. Give it one, such as +00:00.")
        return value.isoformat()
    return str(value)


def _json(values: Mapping[str, Any]) -> str:
    try:
        text = to_json(values, inf_nan_mode="constants").decode()
    except PydanticSerializationError:  # half of a surrogate pair
        text = NUL
    if NUL in text or "NaN" in text or "Infinity" in text:  # where it is, or may only look like it
        for part in (part for pair in values.items() for part in pair if isinstance(part, str)):
            kept(part)
        return to_json({name: _finite(name, value) for name, value in values.items()}).decode()
    return text


def _finite(name: str, value: Any) -> Any:
    if not isinstance(value, float) or math.isfinite(value):
        return value
    if math.isnan(value):
        return None
    raise CopyError(
        f"{name} is infinite, which JSON cannot say. Send a finite number, or null where it is missing."
    )
