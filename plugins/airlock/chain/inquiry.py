"""An inquiry as a person must see it, and what is done when they have answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.engine import Connection, Engine

from airlock.chain.night_incidents import matters_of, settle_by_hand
from airlock.chain.recorded_cause import recorded_cause
from airlock.governance import candidates, deployments, incident_events, incidents, inquiries, nights
from airlock.governance.deployments import Deployment
from airlock.governance.engine import lock
from airlock.governance.incidents import Incident
from airlock.governance.inquiries import IGNORE, INVESTIGATE, RETRAIN, ROLL_BACK, Answer
from airlock.governance.nights import Night
from airlock.governance.records import RecordError
from airlock.governance.rollback import released_champion, roll_back
from airlock.monitoring.finding import BEYOND_TRIAGE
from airlock.monitoring.severity import how_bad
from airlock.package.errors import PackageError
from airlock.package.package import open_package
from airlock.store import Store, StoreError
from airlock.triage.cause import Cause


@dataclass(frozen=True)
class Found:
    """One thing that was found, how bad it is, and since which night."""

    sentence: str
    how_bad: str
    since: date


@dataclass(frozen=True)
class Way:
    """What going back would do: `before` answers instead of `serves`, unless something is `against` it."""

    serves: Deployment | None
    before: Deployment | None
    against: str = ""


@dataclass(frozen=True)
class Inquiry:
    """An incident, the last night that showed it, why it is, what was found, and what going back would do."""

    incident: Incident
    night: Night
    cause: Cause | None
    found: tuple[Found, ...]
    way: Way
    dossier: str | None


def to_ask_about(conn: Connection, night: Night) -> tuple[Incident, ...]:
    """Return the open incidents of a night that a person must be asked about: nobody can tell their cause.

    A night that is older than the newest that was watched asks nothing.
    """
    cause, newest = recorded_cause(night), nights.newest(conn, night.model)
    if cause is None or cause.proposes != "ask" or (newest is not None and newest > night.night):
        return ()
    keys = [one.key for one in matters_of(night) if not one.fault and one.kind not in BEYOND_TRIAGE]
    return tuple(incident for key in keys if (incident := incidents.open_one(conn, key)))


def inquiry(conn: Connection, incident: Incident) -> Inquiry:
    """Return what a person must know of an incident before they say what to do.

    Raises
    ------
    RecordError
        When no night on record shows it.
    """
    night = _last_night(conn, incident)
    version = night.version and candidates.find_version(conn, night.model, night.version)
    return Inquiry(
        incident,
        night,
        recorded_cause(night),
        _found(conn, incident, night),
        _way_back(conn, night),
        version.dossier_digest if version else None,
    )


def answer(
    incident_id: int, given: Answer, *, may_not: str | None, at: datetime, engine: Engine, store: Store
) -> str | None:
    """Do what a person answered about an incident, once, and record it; or say why the answer does not count.

    Both are committed. What serves changes here too, in the same transaction; a training is for the caller.

    Parameters
    ----------
    may_not
        Why whoever answered may not do what they chose; None where they may.
    """
    with engine.begin() as conn:
        incident = _locked(conn, incident_id)
        known = inquiries.answer_of(conn, incident)
        if known == given:
            return None
        against = inquiries.objection(incident, given, known, may_not=may_not)
        against = against or _done(conn, incident, given, at, store)
        if against is not None:
            inquiries.refuse_answer(conn, incident, given, against)
    return against


def cause_of_training(incident: Incident, given: Answer) -> str:
    """Return why a training begins that a person asked for: their words, and what was found at first."""
    who = f"{given.responder} was asked about incident {incident.id}"
    return f"{who} and said: {given.reason} {incident.sentence}"


def _locked(conn: Connection, incident_id: int) -> Incident:
    incident = incidents.find(conn, incident_id)
    if incident is not None:
        lock(conn, f"incident {incident.key}")
        incident = incidents.find(conn, incident_id)
    if incident is None:
        raise RecordError(f"There is no incident {incident_id}. The page of incidents lists those that are.")
    return incident


def _done(conn: Connection, incident: Incident, given: Answer, at: datetime, store: Store) -> str | None:
    """Do what was chosen, all or nothing, and return why it cannot be done."""
    try:
        with conn.begin_nested():
            DO[given.choice](conn, incident, given, at, store)
            inquiries.record(conn, incident, given)
    except (RecordError, PackageError, StoreError) as error:
        return str(error)
    return None


def _take_back(conn: Connection, incident: Incident, given: Answer, at: datetime, store: Store) -> None:
    way = _way_back(conn, _last_night(conn, incident))
    if way.against:
        raise RecordError(way.against)
    run = inquiries.run_of(incident)
    _, serves = roll_back(conn, str(incident.model), by=given.responder, because=given.reason, at=at, run=run)
    open_package(store, serves.package_digest)
    _note(conn, incident, given, at, store)


def _note(conn: Connection, incident: Incident, given: Answer, at: datetime, store: Store) -> None:
    run, text = inquiries.run_of(incident), f"{given.choice}: {given.reason}"
    incidents.note(conn, incident.id, by=given.responder, text=text, at=at, run=run)


def _settle(conn: Connection, incident: Incident, given: Answer, at: datetime, store: Store) -> None:
    run = inquiries.run_of(incident)
    settle_by_hand(conn, incident.id, by=given.responder, because=given.reason, at=at, run=run)


def _assign(conn: Connection, incident: Incident, given: Answer, at: datetime, store: Store) -> None:
    run, who = inquiries.run_of(incident), given.responder
    incidents.assign(conn, incident.id, owner=who, by=who, because=given.reason, at=at, run=run)


#: What each answer does to the records.
DO: Mapping[str, Callable[[Connection, Incident, Answer, datetime, Store], None]] = {
    RETRAIN: _note,
    IGNORE: _settle,
    ROLL_BACK: _take_back,
    INVESTIGATE: _assign,
}


def _last_night(conn: Connection, incident: Incident) -> Night:
    days = [
        event.day
        for event in incident_events.timeline(conn, incident.id)
        if event.event in incident_events.SEEN and event.day
    ]
    night = nights.find(conn, str(incident.model), max(days)) if days else None
    if night is None:
        raise RecordError(
            f"Incident {incident.id} was shown by no night that is on record, so nobody is asked."
        )
    return night


def _found(conn: Connection, incident: Incident, night: Night) -> tuple[Found, ...]:
    findings = [one for matter in matters_of(night) if matter.key == incident.key for one in matter.findings]
    return tuple(
        Found(one.sentence, how_bad(one), nights.breached_since(conn, night.model, one, night.night))
        for one in findings
    )


def _way_back(conn: Connection, night: Night) -> Way:
    """Return what would be taken back, and what speaks against it now."""
    serves = released_champion(conn, night.model)
    if serves is None:
        return Way(None, None, f"{night.model}: nothing serves, so nothing can be taken back.")
    if serves.version != night.version:
        return Way(
            serves,
            None,
            f"{night.model}: version {serves.version} serves now, and what was found is about version "
            f"{night.version}. Trigger the Dag rollback if version {serves.version} must go.",
        )
    before = deployments.earlier(conn, serves)
    if before is None:
        return Way(
            serves,
            None,
            f"{night.model}: there is nothing to go back to. No other version was deployed before version "
            f"{serves.version}, was never withdrawn and can be proved.",
        )
    return Way(serves, before)
