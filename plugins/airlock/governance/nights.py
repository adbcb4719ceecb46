"""Nights: what the night shift measured, and which limits were crossed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from airlock.digests import canonical_json
from airlock.governance import audit_log
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


def note_asking(
    conn: Connection, model: str, night: date, run_id: str, *, cause: str | None, at: datetime
) -> None:
    """Note, once, which run of <model>.monitor asked for a training because of a recorded night."""
    unasked = nights.c.training_asked_by.is_distinct_from(run_id)
    change = sa.update(nights).where(*_is(model, night), unasked).values(training_asked_by=run_id)
    if conn.execute(change).rowcount:
        audit_log.append(
            conn,
            "training_asked",
            actor=f"{model}.monitor",
            at=at,
            model=model,
            run=f"{model}.monitor/{run_id}",
            facts={"night": night.isoformat(), "cause": cause},
        )


def asked_for_training(conn: Connection, model: str, first: date, last: date) -> tuple[tuple[date, str], ...]:
    """Return the nights from `first` to `last` that asked for a training, each with the run that did."""
    query = sa.select(nights.c.night, nights.c.training_asked_by).where(
        nights.c.model == model, nights.c.night.between(first, last), nights.c.training_asked_by.is_not(None)
    )
    return tuple((row.night, row.training_asked_by) for row in conn.execute(query.order_by(nights.c.night)))


def _is(model: str, night: date) -> tuple[sa.ColumnElement[bool], ...]:
    return nights.c.model == model, nights.c.night == night


def breached_since(conn: Connection, model: str, finding: AboutColumn, night: date) -> date:
    """Return the first of the nights in a row, ending with `night`, that all had this finding.

    A night that was not watched, or did not have it, ends the row. `night` itself counts even before it is
    recorded.
    """
    same = [{"kind": finding.kind, "column": finding.column}]
    query = sa.select(nights.c.night).where(
        nights.c.model == model, nights.c.night < night, nights.c.findings.contains(same)
    )
    since = night
    for earlier in conn.execute(query.order_by(nights.c.night.desc())).scalars():
        if earlier != since - timedelta(days=1):
            break
        since = earlier
    return since
