"""Noting: what a look found becomes incidents, opened once; what could be looked at again settles itself."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Engine

from airlock.chain.production.difference import LASTING, Difference
from airlock.governance import incidents
from airlock.governance.incidents import Incident

CHECKED = "It could be looked at again."


def note(engine: Engine, found: Sequence[Difference], *, at: datetime, run: str) -> tuple[Incident, ...]:
    """Open an incident for each difference that has none, and return the open ones of what was found.

    Only `unchecked` incidents settle by themselves, once what they hid could be looked at. Every other may
    have been an attack, and waits for a person even where it is no longer found. What a person accepted for
    good is not opened again.
    """
    opened = [incident for one in found if (incident := _opened(engine, one, at, run)) is not None]
    _settle_checked(engine, {one.key for one in found}, at, run)
    return tuple(opened)


def _opened(engine: Engine, difference: Difference, at: datetime, run: str) -> Incident | None:
    with engine.begin() as conn:
        if difference.kind in LASTING and incidents.last_settled(conn, difference.key):
            return None
        incident, _ = incidents.open_incident(
            conn,
            kind=difference.kind,
            key=difference.key,
            model=difference.model,
            sentence=difference.sentence,
            facts={
                **difference.facts,
                "mend": difference.mend,
                "restorable": difference.restorable,
            },
            at=at,
            run=run,
        )
        return incident


def _settle_checked(engine: Engine, still: set[str], at: datetime, run: str) -> None:
    with engine.connect() as conn:
        waiting = incidents.open_ones(conn)
    for incident in waiting:
        if incident.kind == "unchecked" and incident.key not in still:
            with engine.begin() as conn:
                incidents.settle(conn, incident.id, by=run.partition("/")[0], because=CHECKED, at=at, run=run)
