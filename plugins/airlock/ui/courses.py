"""Courses: what the business and the scoring API came to night by night, as the model's page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.engine import RowMapping

from airlock.monitoring.sentences import figure, percent
from airlock.spec.service import BOUNDS_MS


@dataclass(frozen=True)
class Cell:
    """One figure of one night, and whether it kept its bound; `because` says why it is not known."""

    text: str
    is_kept: bool = True
    because: str = ""


@dataclass(frozen=True)
class Course:
    """Figures of nights, newest first: the heads of the columns, and each night's cells below them."""

    heads: Sequence[tuple[str, str]]
    rows: Sequence[tuple[date, Sequence[Cell]]]


def business(nights: Sequence[RowMapping]) -> Course:
    """Return the indicators of the nights that have some; those of the newest night come first."""
    measured = [(night["night"], found) for night in nights if (found := night["measures"].get("indicators"))]
    newest: dict[str, Mapping[str, Any]] = {}
    for _, found in measured:
        newest |= {name: one for name, one in found.items() if name not in newest}
    heads = [(one["title"], f"{one['unit']}, {_bound(one)}") for one in newest.values()]
    return Course(
        heads, [(night, [_indicator(found.get(name)) for name in newest]) for night, found in measured]
    )


def service(nights: Sequence[RowMapping]) -> Course:
    """Return how the scoring API answered in the nights in which it was asked something."""
    heads = [
        ("Requests", "those refused (4xx) left out"),
        ("Refused", "4xx"),
        ("Failed", "5xx"),
        *((f"{share} of 100 within", "at most, by the bounds the API counts by") for share in (50, 95, 99)),
    ]
    rows = [
        (night["night"], _service(found)) for night in nights if (found := night["measures"].get("service"))
    ]
    return Course(heads, rows)


def _bound(one: Mapping[str, Any]) -> str:
    least, most = one["at_least"], one["at_most"]
    return f"at least {figure(least)}" if least is not None else f"at most {figure(most)}"


def _indicator(one: Mapping[str, Any] | None) -> Cell:
    if one is None:
        return Cell("not asked for")
    value, least, most = one["value"], one["at_least"], one["at_most"]
    if value is None:
        return Cell("unknown", False, one["reason"] or "")
    return Cell(figure(value), (least is None or value >= least) and (most is None or value <= most))


def _service(one: Mapping[str, Any]) -> list[Cell]:
    served = one["requests"] - one["refusals"]
    failed = percent(one["failures"] / served) if served else "none"
    times = (one[name] for name in ("p50_ms", "p95_ms", "p99_ms"))
    return [
        Cell(f"{served:,}"),
        Cell(f"{one['refusals']:,}"),
        Cell(failed),
        *(Cell(_time(time) if served else "none") for time in times),
    ]


def _time(milliseconds: float | None) -> str:
    """Return a time by the bounds of the API.

    >>> _time(2.5), _time(None)
    ('2.5 ms', 'over 10000 ms')
    """
    return f"over {BOUNDS_MS[-1]:g} ms" if milliseconds is None else f"{milliseconds:g} ms"
