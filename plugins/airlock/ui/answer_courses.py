"""Courses of what answers are worth night by night: by estimate, and to protected groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.engine import RowMapping

from airlock.monitoring.sentences import figure
from airlock.spec import ModelSpec
from airlock.spec.governance import Limit
from airlock.spec.metrics import METRICS, OF_ANSWERS, Task
from airlock.ui.courses import Cell, Course, Head


@dataclass(frozen=True)
class GroupTable:
    """The groups of one night: the heads of the columns, and by attribute and group the cells below them."""

    night: date
    heads: Sequence[str]
    rows: Sequence[tuple[str, str, Sequence[str]]]


def estimates(nights: Sequence[RowMapping]) -> Course:
    """Return what answers are worth by estimate: those without outcomes so far, or else the night's own."""
    rows = [(night, found) for night in nights if (found := _estimated(night))]
    names = [name for name in METRICS[Task.BINARY] if any(found.get(name) for _, found in rows)]
    heads = [Head(name, "and its range in 95 of 100 cases") for name in names]
    return Course(
        heads,
        [(night["night"], [_range(night, found.get(name), name) for name in names]) for night, found in rows],
    )


def fairness(nights: Sequence[RowMapping], spec: ModelSpec | None) -> Course:
    """Return the disparities between protected groups that the spec or its policy limits."""
    asked = spec.monitoring.fairness if spec else None
    if spec is None or asked is None:
        return Course([], [])
    limited: dict[tuple[str, str], Limit] = {}
    for limit in asked.limits:
        for attribute in (limit.attribute,) if limit.attribute else spec.data.protected:
            limited.setdefault((limit.metric, attribute), limit)
    heads = [
        Head.limited(
            f"{metric} of {attribute}", limit, f", over {'answers' if metric in OF_ANSWERS else 'outcomes'}"
        )
        for (metric, attribute), limit in limited.items()
    ]
    rows = [(night, found) for night in nights if (found := night["measures"].get("fairness"))]
    return Course(
        heads,
        [(night["night"], [_disparity(night, found, *key) for key in limited]) for night, found in rows],
    )


def groups(nights: Sequence[RowMapping]) -> GroupTable | None:
    """Return every group's figures in the newest night that has some."""
    for night in nights:
        found = night["measures"].get("fairness") or {}
        compared = {
            of: found[of] for of in ("answers", "outcomes") if (found.get(of) or {}).get("attributes")
        }
        if compared:
            return _groups(night["night"], compared)
    return None


def _estimated(night: RowMapping) -> Mapping[str, Any]:
    found = night["measures"].get("estimate") or {}
    chosen = found.get("pending") if found.get("judged") else found.get("night")
    return (chosen or {}).get("metrics") or {}


def _range(night: RowMapping, one: Mapping[str, Any] | None, metric: str) -> Cell:
    if one is None:
        return Cell("not defined")
    is_kept = not _is_found(night, "estimate", metric)
    return Cell(_between(one["mean"], one), is_kept, "", one["mean"], one["low"], one["high"])


def _disparity(night: RowMapping, found: Mapping[str, Any], metric: str, attribute: str) -> Cell:
    compared = found["answers" if metric in OF_ANSWERS else "outcomes"]
    is_kept = not _is_found(night, "fairness", f"{metric}/{attribute}")
    if compared is None:
        return Cell("none due yet")
    each = {one["attribute"]: one["disparities"].get(metric) for one in compared["attributes"] or ()}
    one = each.get(attribute)
    if one is None or one["value"] is None:
        return Cell("unknown", is_kept, compared["reason"])
    ends = ", ".join(
        f"{name} {figure(value)}" for name, value in zip(one["between"], one["figures"], strict=True)
    )
    return Cell(_between(one["value"], one), is_kept, ends, one["value"], one["low"], one["high"])


def _between(value: float, one: Mapping[str, Any]) -> str:
    return f"{figure(value)} ({figure(one['low'])} to {figure(one['high'])})"


def _is_found(night: RowMapping, kind: str, column: str) -> bool:
    return any(finding["kind"] == kind and finding["column"] == column for finding in night["findings"])


def _groups(night: date, compared: Mapping[str, Mapping[str, Any]]) -> GroupTable:
    """Put the answers' figures of each group beside those of its outcomes."""
    heads: list[str] = []
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for of, one in compared.items():
        for attribute in one["attributes"]:
            for group in attribute["groups"]:
                figures = {name.replace("_", " "): _figure(ends) for name, ends in group["figures"].items()}
                told = {of: f"{group['rows']:,}"} | figures
                heads += [head for head in told if head not in heads]
                cells.setdefault((attribute["attribute"], group["group"]), {}).update(told)
    rows = [(*key, [row.get(head, "none") for head in heads]) for key, row in cells.items()]
    return GroupTable(night, heads, rows)


def _figure(ends: Sequence[float | None]) -> str:
    value, low, high = ends
    return "not defined" if value is None else f"{figure(value)} ({figure(low)} to {figure(high)})"
