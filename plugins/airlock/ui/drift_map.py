"""The map of drift: each column of the inputs and answers, night by night, as squares of deepening colour."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.engine import RowMapping

from airlock.monitoring.sentences import ANSWER_NAMES, figure
from airlock.spec import ModelSpec
from airlock.ui.charts import Label, day_name, scale, spread

#: So many columns at most are drawn, those that drifted farthest; the table has all of them.
MOST_DRAWN = 12
#: A square's shade, by how much of its limit it reaches.
SHADES = (0.25, 0.5, 1.0)
WIDTH, LEFT, ROW, TOP, FOOT = 1200, 170, 20, 4, 22
KINDS = ("column_drift", "prediction_drift")


@dataclass(frozen=True)
class Square:
    """One column in one night: its shade from 0 to 3, or whether it was found; `says` has the figures."""

    x: float
    shade: str
    says: str


@dataclass(frozen=True)
class Strip:
    """One column: its newest and its highest index, its limit, and in how many nights it was found."""

    name: str
    y: int
    newest: str
    highest: str
    highest_night: date
    limit: float
    found: int
    squares: Sequence[Square]


@dataclass(frozen=True)
class DriftMap:
    """The strips, those that drifted farthest first, and what stands below them."""

    strips: Sequence[Strip]
    side: float
    height: int
    names: Sequence[Label]

    @property
    def drawn(self) -> Sequence[Strip]:
        """The strips that the picture has room for."""
        return self.strips[:MOST_DRAWN]


@dataclass(frozen=True)
class _Index:
    night: date
    psi: float | None
    fault: str | None
    is_found: bool


def drift_map(nights: Sequence[RowMapping], spec: ModelSpec | None) -> DriftMap | None:
    """Return the map of nights, newest first, that were compared with the training data; None without any."""
    measured = [night for night in nights[::-1] if night["measures"].get("drift")]
    if spec is None or not measured:
        return None
    columns: defaultdict[tuple[str, str], list[_Index]] = defaultdict(list)
    for night in measured:
        found = {one["column"] for one in night["findings"] if one["kind"] in KINDS}
        for one in night["measures"]["drift"]:
            index = _Index(night["night"], one["psi"], one["fault"], one["column"] in found)
            columns[(one["part"], one["column"])].append(index)
    first, last = measured[0]["night"], measured[-1]["night"]
    side = (WIDTH - LEFT) / ((last - first).days + 1)
    across = scale(first.toordinal(), last.toordinal() + 1, LEFT, WIDTH)
    limits = {"feature": spec.monitoring.drift.psi, "answer": spec.monitoring.drift.prediction_psi}
    ordered = sorted(columns.items(), key=lambda one: _farthest(one[1], limits[one[0][0]]), reverse=True)
    strips = [
        _strip(_name(part, column), TOP + place * ROW, indices, limits[part], across)
        for place, ((part, column), indices) in enumerate(ordered)
    ]
    days = [Label(across(night["night"].toordinal() + 0.5), day_name(night["night"])) for night in measured]
    height = TOP + min(len(strips), MOST_DRAWN) * ROW + FOOT
    return DriftMap(strips, round(side, 2), height, spread(days))


def _farthest(indices: Sequence[_Index], limit: float) -> tuple[int, float]:
    return sum(one.is_found for one in indices), max((one.psi or 0.0) / limit for one in indices)


def _name(part: str, column: str) -> str:
    return column if part == "feature" else ANSWER_NAMES[column]


def _strip(name: str, y: int, indices: Sequence[_Index], limit: float, across: Any) -> Strip:
    highest = max(indices, key=lambda one: one.psi or 0.0)
    squares = [
        Square(across(one.night.toordinal()), _shade(one, limit), f"{one.night}: {_words(one)}")
        for one in indices
    ]
    found = sum(one.is_found for one in indices)
    return Strip(name, y, _words(indices[-1]), _words(highest), highest.night, limit, found, squares)


def _shade(one: _Index, limit: float) -> str:
    if one.is_found:
        return "found"
    if one.psi is None:
        return "unknown"
    return f"shade{sum(one.psi > share * limit for share in SHADES)}"


def _words(one: _Index) -> str:
    return f"{one.fault}, so not measured" if one.psi is None else f"PSI {figure(one.psi)}"
