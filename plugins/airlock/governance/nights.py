"""Nights: what the night shift measured, and which limits were crossed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from airlock.digests import canonical_json
from airlock.governance.records import record_of
from airlock.governance.tables import nights


class AboutColumn(Protocol):
    """A finding, as far as finding it again on another night goes."""

    @property
    def kind(self) -> str:
        """What was found."""

    @property
    def column(self) -> str | None:
        """The column it was found in."""


#: What measuring a night again leaves as it is.
KEPT = ("model", "night", "training_asked_by")
#: That a night was over when it was measured: a record of one that was not stands in no other night's way.
WAS_OVER = sa.cast(sa.func.timezone("UTC", nights.c.measured_at), sa.Date) > nights.c.night


@dataclass(frozen=True)
class Night:
    """One watched UTC day of one model; `training_asked_by` is the run that asked for a training."""

    model: str
    night: date
    version: int | None
    rows: int
    measures: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]]
    report: str | None
    measured_at: datetime
    training_asked_by: str | None = None


def record(conn: Connection, night: Night) -> None:
    """Record a night; a night that is measured again replaces what was recorded.

    Raises
    ------
    ValueError
        When a measure is NaN or infinite: write None for what could not be measured.
    """
    canonical_json([night.measures, night.findings])
    values = asdict(night)
    write = insert(nights).values(values)
    changed = {name: write.excluded[name] for name in values if name not in KEPT}
    conn.execute(write.on_conflict_do_update(index_elements=["model", "night"], set_=changed))


def find(conn: Connection, model: str, night: date) -> Night | None:
    """Return what was recorded for a night."""
    row = conn.execute(
        sa.select(nights).where(nights.c.model == model, nights.c.night == night)
    ).one_or_none()
    return None if row is None else record_of(Night, row)


def note_report(conn: Connection, model: str, night: date, report: str) -> None:
    """Note where a recorded night's page is kept."""
    conn.execute(sa.update(nights).where(*_is(model, night)).values(report=report))


def newest(conn: Connection, model: str) -> date | None:
    """Return the newest night of a model that was watched, of those that were over by then."""
    query = sa.select(sa.func.max(nights.c.night)).where(nights.c.model == model, WAS_OVER)
    return conn.execute(query).scalar_one()


def answered_most(conn: Connection, model: str, first: date, last: date) -> int | None:
    """Return the version that answered most from the night `first` to `last`; None where none was watched."""
    rows = sa.func.sum(nights.c.rows)
    query = sa.select(nights.c.version).where(nights.c.model == model, nights.c.night.between(first, last))
    query = query.where(nights.c.version.is_not(None)).group_by(nights.c.version).order_by(rows.desc())
    return conn.execute(query.limit(1)).scalar_one_or_none()


def first_answered(conn: Connection, model: str, version: int) -> date | None:
    """Return the first watched night that a version answered."""
    query = sa.select(sa.func.min(nights.c.night))
    return conn.execute(query.where(nights.c.model == model, nights.c.version == version)).scalar_one()


def _is(model: str, night: date) -> tuple[sa.ColumnElement[bool], ...]:
    return nights.c.model == model, nights.c.night == night


def breached_since(
    conn: Connection, model: str, finding: AboutColumn, night: date, *, gap: timedelta = timedelta(days=1)
) -> date:
    """Return the first of the nights in a row, ending with `night`, that all had this finding.

    Two nights of a row lie at most `gap` apart: by default one that was not watched, or did not have it, ends
    the row. `night` itself counts even before it is recorded.
    """
    same = [{"kind": finding.kind, "column": finding.column}]
    query = sa.select(nights.c.night).where(
        nights.c.model == model, nights.c.night < night, nights.c.findings.contains(same)
    )
    since = night
    for earlier in conn.execute(query.order_by(nights.c.night.desc())).scalars():
        if since - earlier > gap:
            break
        since = earlier
    return since
