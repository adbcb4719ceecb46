"""What every record has in common: a row becomes a frozen dataclass whose moments are in UTC."""

from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy.engine import Row

T = TypeVar("T")


class RecordError(Exception):
    """A record contradicts what is already recorded, or may not be changed like that."""


def record_of(kind: type[T], row: Row[Any]) -> T:
    """Return a row as the dataclass whose fields are its columns."""
    return kind(**{name: _in_utc(value) for name, value in row._mapping.items()})


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
