"""Courses: how good versions and nights were, what the business and the scoring API came to.

The model's page shows each as charts, with the table they are drawn from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.engine import RowMapping

from airlock.monitoring.sentences import figure, percent, side
from airlock.spec import ModelSpec
from airlock.spec.bounds import keeps
from airlock.spec.durations import spell_duration
from airlock.spec.governance import Limit
from airlock.spec.service import BOUNDS_MS


@dataclass(frozen=True)
class Cell:
    """One figure, and whether it kept its bound; `because` says more of it, or why it is not known.

    What can be drawn has a `value`, and with it the ends of its interval where it has one.
    """

    text: str
    is_kept: bool = True
    because: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Head:
    """The head of a column: its title, a few words about it, and the bound that its figures must keep."""

    title: str
    about: str
    at_least: float | None = None
    at_most: float | None = None

    @classmethod
    def limited(cls, title: str, limit: Limit, about: str = "") -> "Head":
        """Return the head of what a spec or its policy limits."""
        return cls(title, f"{side(limit)}{about}", limit.at_least, limit.at_most)


@dataclass(frozen=True)
class Course:
    """Figures of nights or versions, newest first: the heads of the columns, and the cells below them."""

    heads: Sequence[Head]
    rows: Sequence[tuple[date | str, Sequence[Cell]]]


def holdout(tried: Sequence[RowMapping], spec: ModelSpec | None) -> Course:
    """Return what candidates reached on their hold-outs, in the metrics by which they are judged."""
    if spec is None:
        return Course([], [])
    limits = {limit.metric: limit for limit in spec.gates.limits}
    known = {name for one in tried for name in (one["metrics"] or {})}
    judged = dict.fromkeys((spec.training.select_by, spec.gates.champion.metric, *limits))
    names = [name for name in judged if name in known]
    heads = [Head.limited(name, limits[name]) if name in limits else Head(name, "no limit") for name in names]
    return Course(
        heads,
        [
            (_version(one), [_reached((one["metrics"] or {}).get(name), limits.get(name)) for name in names])
            for one in tried
        ],
    )


def outcomes(nights: Sequence[RowMapping], spec: ModelSpec | None) -> Course:
    """Return what answers were worth once their outcomes were known, in the metrics that are limited."""
    asked = spec.monitoring.performance if spec else None
    if asked is None:
        return Course([], [])
    limits = {limit.metric: limit for limit in asked.limits}
    heads = [
        Head.limited(name, limit, f", over {spell_duration(asked.window)} of events")
        for name, limit in limits.items()
    ]
    rows = [
        (night["night"], [_measured(found, limit) for limit in limits.values()])
        for night in nights
        if (found := night["measures"].get("performance"))
    ]
    return Course(heads, rows)


def business(nights: Sequence[RowMapping]) -> Course:
    """Return the indicators of the nights that have some; those of the newest night come first."""
    measured = [(night["night"], found) for night in nights if (found := night["measures"].get("indicators"))]
    newest: dict[str, Mapping[str, Any]] = {}
    for _, found in measured:
        newest |= {name: one for name, one in found.items() if name not in newest}
    heads = [
        Head(one["title"], f"{one['unit']}, {_bound(one)}", one["at_least"], one["at_most"])
        for one in newest.values()
    ]
    return Course(
        heads, [(night, [_indicator(found.get(name)) for name in newest]) for night, found in measured]
    )


def service(nights: Sequence[RowMapping]) -> Course:
    """Return how the scoring API answered in the nights in which it was asked something."""
    heads = [
        Head("Requests", "those refused (4xx) left out"),
        Head("Refused", "4xx"),
        Head("Failed", "5xx"),
        *(Head(f"{share} of 100 within", "in ms, by the bounds the API counts by") for share in (50, 95, 99)),
    ]
    rows = [
        (night["night"], _service(found)) for night in nights if (found := night["measures"].get("service"))
    ]
    return Course(heads, rows)


def _version(one: RowMapping) -> str:
    """Return what a candidate is called where there is little room: its version, or when it was refused."""
    return f"v{one['version']}" if one["version"] else f"refused {one['recorded_at']:%m-%d}"


def _reached(value: Any, limit: Limit | None) -> Cell:
    if not isinstance(value, int | float):
        return Cell("unknown" if value is None else str(value), limit is None)
    return Cell(figure(value), limit is None or keeps(limit, value), value=value)


def _measured(found: Mapping[str, Any], limit: Limit) -> Cell:
    value = (found["metrics"] or {}).get(limit.metric)
    if value is None:
        return Cell("unknown", because=found.get("reason") or "")
    return Cell(figure(value), keeps(limit, value), f"{found['rows']:,} outcomes", value)


def _bound(one: Mapping[str, Any]) -> str:
    least, most = one["at_least"], one["at_most"]
    return f"at least {figure(least)}" if least is not None else f"at most {figure(most)}"


def _indicator(one: Mapping[str, Any] | None) -> Cell:
    if one is None:
        return Cell("not asked for")
    value, least, most = one["value"], one["at_least"], one["at_most"]
    if value is None:
        return Cell("unknown", False, one["reason"] or "")
    is_kept = (least is None or value >= least) and (most is None or value <= most)
    return Cell(figure(value), is_kept, value=value)


def _service(one: Mapping[str, Any]) -> list[Cell]:
    served = one["requests"] - one["refusals"]
    failed = percent(one["failures"] / served) if served else "none"
    times = (one[name] for name in ("p50_ms", "p95_ms", "p99_ms"))
    return [
        Cell(f"{served:,}", value=served),
        Cell(f"{one['refusals']:,}"),
        Cell(failed),
        *(Cell(_time(time) if served else "none", value=time if served else None) for time in times),
    ]


def _time(milliseconds: float | None) -> str:
    """Return a time by the bounds of the API.

    >>> _time(2.5), _time(None)
    ('2.5 ms', 'over 10000 ms')
    """
    return f"over {BOUNDS_MS[-1]:g} ms" if milliseconds is None else f"{milliseconds:g} ms"
