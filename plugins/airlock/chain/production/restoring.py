"""Restoring: mend what an incident is about, look again, and settle it only where it is really gone."""

from collections.abc import Sequence
from functools import partial
from typing import get_args

from sqlalchemy.engine import Engine

from airlock.chain.production.compare import PAUSES, differences
from airlock.chain.production.difference import LASTING, Difference, Kind
from airlock.chain.production.mending import Person, mend
from airlock.governance import incidents
from airlock.governance.incidents import Incident
from airlock.governance.records import RecordError
from airlock.store import Store


class NotRestored(RecordError):
    """What an incident is about is still so, or could not be looked at."""


def restore(
    incident_id: int,
    person: Person,
    *,
    engine: Engine,
    store: Store,
    scoring_url: str,
    pauses: Sequence[float] = PAUSES,
) -> Incident:
    """Make what an incident is about as the records say again, and settle it with the person's reason.

    What is gone already is only settled. What nothing can undo, and what changes nothing in production, is
    settled as accepted.

    Raises
    ------
    RecordError
        When there is no such open incident, or it is about what a night found.
    NotRestored
        When a person must mend it first, it is still found afterwards, or it could not be looked at.
    """
    with engine.connect() as conn:
        incident = incidents.find(conn, incident_id)
    if incident is None or incident.state != "open":
        state = "not on record" if incident is None else f"settled by {incident.settled_by} already"
        raise RecordError(f"Incident {incident_id} is {state}. The page of incidents lists the open ones.")
    if incident.kind not in get_args(Kind):
        raise RecordError(
            f"Incident {incident_id} is about what a night found. Trigger the Dag incident for it."
        )
    look = partial(differences, engine, store, scoring_url=scoring_url, at=person.at)
    found = _of(incident, look(pauses=()))
    done = "It was not found any more."
    if found and found.restorable:
        done = mend(found, person, engine=engine, store=store)
        found = _of(incident, look(pauses=pauses))
    if found and found.kind in LASTING:
        done = "Accepted as it is."
    elif found:
        raise NotRestored(
            f"Incident {incident.id} stays open, because it is still so: {found.sentence} {found.mend}"
        )
    with engine.begin() as conn:
        return incidents.settle(
            conn,
            incident.id,
            by=person.name,
            because=f"{person.reason} ({done})",
            at=person.at,
            run=person.run,
        )


def _of(incident: Incident, found: Sequence[Difference]) -> Difference | None:
    """Return the difference that an incident is about, if it is found.

    Raises
    ------
    NotRestored
        When it could not be looked at.
    """
    for one in found:
        if one.kind == "unchecked" and one.key != incident.key and incident.kind in one.facts["hides"]:
            raise NotRestored(f"Incident {incident.id} stays open: {one.sentence} {one.mend}")
    return next((one for one in found if one.key == incident.key), None)
