"""Values and features as people read them."""

import math
from typing import Any

from airlock.spec.columns import Kind

Value = float | str | bool | None


def value_of(raw: Any, kind: Kind) -> Value:
    """Return a value of a frame made by `airlock.package.frame` as it was in the data.

    >>> value_of(1.0, Kind.BOOLEAN), value_of(float("nan"), Kind.NUMBER), value_of("", Kind.CATEGORY)
    (True, None, None)
    """
    if kind is Kind.CATEGORY:
        return str(raw) or None
    if math.isnan(raw):
        return None
    return bool(raw) if kind is Kind.BOOLEAN else float(raw)


def told(value: Value, beside: Value) -> str:
    """Return a value with as many digits as tell it from the one beside it.

    >>> told(2913.47, 2100.0), told(0.3149, 0.3512), told(12.0, 8.0), told(True, False), told(None, 3.0)
    ('2,913', '0.315', '12', 'true', 'unknown')
    """
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return f"{value:,.{_places(value, beside)}f}"


def _places(value: float, beside: Value) -> int:
    other = beside if isinstance(beside, float) else 0.0
    if value == other or (value.is_integer() and other.is_integer()):
        return 0 if value.is_integer() else 3
    return max(0, 1 - math.floor(math.log10(abs(value - other))))
