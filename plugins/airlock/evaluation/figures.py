"""Figures in JSON, which knows no NaN: there it is null, and a null figure is NaN again."""

import math
from typing import Any

#: From here on Python writes a float with an exponent, and PostgreSQL with digits.
PLAIN_DIGITS = 1e16
#: What floating-point arithmetic may add to a figure; a smaller difference is none.
ROUNDING = 1e-12


def to_json(value: Any) -> Any:
    """Return a value with its numbers as PostgreSQL's JSON gives them back, so that its digest stays.

    What is not finite becomes None, -0.0 is 0.0, and a whole number too large for plain digits is an int.

    >>> to_json({"roc_auc": float("nan"), "folds": (1, 2.5), "zero": -0.0, "large": 1e20})
    {'roc_auc': None, 'folds': [1, 2.5], 'zero': 0.0, 'large': 100000000000000000000}
    """
    if isinstance(value, dict):
        return {key: to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(inner) for inner in value]
    return _number(float(value)) if isinstance(value, float) else value


def _number(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    return int(value) if abs(value) >= PLAIN_DIGITS else value + 0.0


def from_json(value: Any) -> Any:
    """Return figures with every None replaced by NaN.

    >>> from_json({"roc_auc": None})
    {'roc_auc': nan}
    """
    if isinstance(value, dict):
        return {key: from_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [from_json(inner) for inner in value]
    return float("nan") if value is None else value


def spell(value: float, *beside: float, least: int = 3) -> str:
    """Return a figure with three decimals (or `least`), or as many as tell it from those beside it.

    >>> spell(0.74112, 0.7), spell(0.69996, 0.7), spell(51.2, 80.0, least=0)
    ('0.741', '0.69996', '51')
    """
    if not math.isfinite(value):
        return "not defined"
    others = [other for other in beside if math.isfinite(other) and abs(other - value) > ROUNDING]
    for digits in range(least, 12):
        text = f"{value:,.{digits}f}"
        if all(f"{other:,.{digits}f}" != text for other in others):
            return text
    return repr(value)
