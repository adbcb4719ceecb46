"""The life of a model as one picture: what was trained, what served and when, and what went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from airlock.ui.charts import LETTER, Label, Scale, scale, spread
from airlock.ui.queries import History

WIDTH, LEFT, RIGHT, ROW, TOP, FOOT = 1200, 110, 1190, 28, 6, 24
#: A bar is never narrower than this, so that one sees what lasted an hour only.
NARROWEST = 3.0
#: So many incidents at most are drawn one above the other.
MOST_AT_ONCE = 3
DAYS_NAMED = 7


@dataclass(frozen=True)
class Bar:
    """Something that lasted; its name stands in it where there is room. `top` is its place in the lane."""

    x: float
    width: float
    name: str
    tone: str
    says: str
    top: float = 4.0
    height: float = 20.0

    @property
    def end(self) -> float:
        """Where it ends."""
        return self.x + self.width


@dataclass(frozen=True)
class Dot:
    """Something that happened at one moment."""

    x: float
    tone: str
    says: str


@dataclass(frozen=True)
class Lane:
    """Things of one kind, side by side in time."""

    name: str
    y: int
    bars: Sequence[Bar]
    dots: Sequence[Dot]


@dataclass(frozen=True)
class LifeLine:
    """The lanes, the days below them, and the picture in words."""

    lanes: Sequence[Lane]
    height: int
    names: Sequence[Label]
    says: str


def life_line(records: History, now: datetime) -> LifeLine | None:
    """Return the picture of what the newest records say; None before anything was trained."""
    if not records.candidates:
        return None
    begun = [one["recorded_at"] for one in records.candidates]
    begun += [one["deployed_at"] for one in records.deployments]
    begun += [_noon(one["night"]) for one in records.nights]
    first, last = min(begun), max(now, *begun)
    across = scale(first.timestamp(), last.timestamp(), LEFT, RIGHT)
    found: tuple[tuple[str, list[Bar], list[Dot]], ...] = (
        ("Trained", [], _trained(records, across)),
        ("Serves", _served(records, across, last), []),
        ("Beside it", _beside(records, across, first, last), []),
        ("Nights", [], _watched(records, across)),
        ("Incidents", _incidents(records, across, first, last), []),
    )
    kept = [one for one in found if one[1] or one[2]]
    lanes = [Lane(name, TOP + place * ROW, bars, dots) for place, (name, bars, dots) in enumerate(kept)]
    told = ", ".join(f"{len(lane.bars) + len(lane.dots)} {lane.name.lower()}" for lane in lanes)
    return LifeLine(
        lanes,
        TOP + len(lanes) * ROW + FOOT,
        _days(first, last, across),
        f"From {first:%Y-%m-%d} to {last:%Y-%m-%d}: {told}. The list below says the same in words.",
    )


def _trained(records: History, across: Scale) -> list[Dot]:
    return [
        Dot(
            across(one["recorded_at"].timestamp()),
            "good" if one["version"] else "bad",
            f"{one['recorded_at']:%Y-%m-%d}: "
            + (f"version {one['version']} registered" if one["version"] else f"refused. {one['reason']}"),
        )
        for one in records.candidates
    ]


def _served(records: History, across: Scale, last: datetime) -> list[Bar]:
    return [
        _bar(
            across,
            one["deployed_at"],
            one["retired_at"] or last,
            f"v{one['version']}",
            "bad" if one["withdrawn"] else "soft" if one["retired_at"] else "good",
            f"version {one['version']} served" + (f". {one['retired_because']}" if one["retired_at"] else ""),
        )
        for one in records.deployments
    ]


def _beside(records: History, across: Scale, first: datetime, last: datetime) -> list[Bar]:
    return [
        _bar(
            across,
            max(one["started_at"], first),
            one["ended_at"] or last,
            f"v{one['version']}",
            "bad" if one["outcome"] == "broke" else "wait",
            f"version {one['version']} ran beside the champion ({one['way']})"
            + (f". {one['ended_because']}" if one["ended_at"] else ""),
        )
        for one in records.challengers
        if (one["ended_at"] or last) > first
    ]


def _incidents(records: History, across: Scale, first: datetime, last: datetime) -> list[Bar]:
    bars = [
        _bar(
            across,
            max(one["found_at"], first),
            one["settled_at"] or last,
            "",
            "soft" if one["settled_at"] else "bad",
            f"incident {one['id']}: {one['sentence']}",
        )
        for one in records.incidents[::-1]
        if (one["settled_at"] or last) > first
    ]
    return _side_by_side(bars)


def _side_by_side(bars: Sequence[Bar]) -> list[Bar]:
    """Put bars of the same time above one another; the fourth at once covers the first."""
    height = 20.0 / MOST_AT_ONCE
    ends, placed = [0.0] * MOST_AT_ONCE, []
    for bar in bars:
        level = next((level for level, end in enumerate(ends) if end <= bar.x), ends.index(min(ends)))
        ends[level] = bar.end
        placed.append(replace(bar, top=round(4 + level * height, 1), height=round(height - 1, 1)))
    return placed


def _watched(records: History, across: Scale) -> list[Dot]:
    return [
        Dot(
            across(_noon(one["night"]).timestamp()),
            "bad" if one["findings"] else "soft",
            f"{one['night']}: {len(one['findings'])} findings"
            if one["findings"]
            else f"{one['night']}: calm",
        )
        for one in records.nights
    ]


def _bar(across: Scale, start: datetime, end: datetime, name: str, tone: str, says: str) -> Bar:
    x, until = across(start.timestamp()), across(end.timestamp())
    width = max(round(until - x, 1), NARROWEST)
    shown = name if width > len(name) * LETTER + 8 else ""
    return Bar(x, width, shown, tone, f"{start:%Y-%m-%d} to {end:%Y-%m-%d}: {says}")


def _noon(night: date) -> datetime:
    return datetime.combine(night, time(12), UTC)


def _days(first: datetime, last: datetime, across: Scale) -> list[Label]:
    """Return days evenly spread from the first to the last."""
    moments = (first + (last - first) * number / (DAYS_NAMED - 1) for number in range(DAYS_NAMED))
    named = {f"{at:%Y-%m-%d}": Label(across(at.timestamp()), f"{at:%Y-%m-%d}") for at in moments}
    return spread(list(named.values()))
