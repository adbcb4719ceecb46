"""What a night's alert tells: the findings, the worst first and with pictures, and what a person can do."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.engine import Connection, Engine

from airlock.chain.night_incidents import MEND
from airlock.chain.recorded_cause import faulty_source
from airlock.chain.retraining import findings_of
from airlock.governance import nights
from airlock.governance.incident_events import IncidentEvent
from airlock.governance.metric_course import course
from airlock.governance.nights import Night
from airlock.mail.facts import AlertLine, Picture
from airlock.monitoring.bars import Bar
from airlock.monitoring.finding import Finding
from airlock.monitoring.matters import matters
from airlock.monitoring.severity import badness, how_bad

#: An alert is read in a minute: what is beyond stands in the night's report.
MOST_FINDINGS, MOST_PICTURES = 8, 3
COURSE = timedelta(days=27)


def alert_lines(night: Night, *, engine: Engine) -> list[AlertLine]:
    """Return the worst of a night's findings, each with since when it is there, the first with pictures."""
    worst = sorted(findings_of(night), key=badness, reverse=True)[:MOST_FINDINGS]
    with engine.connect() as connection:
        pictures = _pictures(connection, night, worst)
        return [
            AlertLine(
                finding.sentence,
                how_bad(finding),
                nights.breached_since(connection, night.model, finding, night.night),
                pictures.get(finding.key),
            )
            for finding in worst
        ]


def advice(night: Night) -> list[str]:
    """Say what a person can do about each kind of matter that a night found."""
    found = matters(night.model, findings_of(night), source=faulty_source(night))
    return list(dict.fromkeys(MEND[matter.kind] for matter in found))


def told_late(night: Night, brought: Sequence[IncidentEvent]) -> list[str]:
    """Return what earlier nights brought and nobody was told, by the events that a night has to tell."""
    return [f"{event.day}: {event.text}" for event in brought if event.day != night.night]


def _pictures(conn: Connection, night: Night, findings: Sequence[Finding]) -> dict[str, Picture]:
    """Return the pictures of the first findings that can be drawn, by the findings' keys; no column twice."""
    drawn: dict[str, Picture] = {}
    for finding in findings:
        names = {picture.name for picture in drawn.values()}
        if len(drawn) == MOST_PICTURES or finding.column is None or _name(finding.column) in names:
            continue
        if picture := _picture(conn, night, finding, finding.column):
            drawn[finding.key] = picture
    return drawn


def _picture(conn: Connection, night: Night, finding: Finding, column: str) -> Picture | None:
    if path := _path(finding, column):
        points = course(conn, night.model, path, night.night - COURSE, night.night)
        return _course(column, points, finding.limit)
    return _bars(column, _recorded(night, column))


def _path(finding: Finding, column: str) -> tuple[str, ...] | None:
    """Return where nights record what a finding is about, if it is a figure with a course."""
    match finding.kind:
        case "performance":
            return "performance", "metrics", column
        case "estimate":
            return "estimate", "pending", "metrics", column, "mean"
        case "indicator":
            return "indicators", column, "value"
        case "service":
            return ("service", column) if column == "p99_ms" else None
        case _:
            return None


def _recorded(night: Night, column: str) -> list[Bar]:
    """Return the bars that were recorded of a column; none where there was nothing to compare."""
    found = (one for one in night.measures.get("drift", ()) if one["column"] == column)
    return [Bar(**bar) for measured in found for bar in measured.get("bars", ())]


def _bars(column: str, bars: Sequence[Bar]) -> Picture | None:
    from airlock.monitoring.pictures import bars_picture, bars_text

    return Picture(_name(column), bars_text(column, bars), bars_picture(bars)) if bars else None


def _course(metric: str, points: Sequence[tuple[date, float]], limit: float | None) -> Picture | None:
    from airlock.monitoring.pictures import course_picture, course_text

    if len(points) < 2:
        return None
    return Picture(_name(metric), course_text(metric, points, limit), course_picture(points, limit))


def _name(column: str) -> str:
    """Return a column's name as it can stand in a mail's headers.

    >>> _name("Größe in cm")
    'Gr-e-in-cm'
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", column).strip("-") or "column"
