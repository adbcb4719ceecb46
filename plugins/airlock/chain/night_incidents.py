"""Incidents of the nights: what a night found opens one for each matter, and a night without it closes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.engine import Connection, Engine

from airlock.chain.recorded_cause import faulty_source
from airlock.governance import incident_events, incidents, nights, notices
from airlock.governance.engine import lock
from airlock.governance.incident_events import IncidentEvent
from airlock.governance.incidents import Incident
from airlock.governance.nights import Night
from airlock.governance.records import RecordError
from airlock.monitoring.finding import Finding
from airlock.monitoring.matters import MOVED_BY_FAULTS, Kind, Matter, is_worse, matters
from airlock.spec import ModelSpec

#: What a person does about each kind of incident.
MEND: dict[Kind, str] = {
    "data": "Find out what changed where these data come from, and mend it there. Meanwhile no night starts "
    "a training by itself.",
    "no_predictions": "See whether the Dag that scores ran, and what its log says.",
    "drift": "Read the night's report. Where the source is wrong, mend it; where the world has changed, "
    "train again.",
    "performance": "Read the night's report. Train again, or roll back where an earlier version was better.",
    "estimate": "Read the night's report and see which inputs moved: the outcomes that will tell are not "
    "known yet. Where the inputs are real, train on newer rows or roll back; where not, mend their source.",
    "fairness": "Look at the groups on the model's page: who fares otherwise, since when, and whether the "
    "people who ask have changed or the answers have. Roll back or train anew where people are harmed.",
    "indicator": "Ask whoever answers for this figure of the business what moved it, and read the night's "
    "report: the model may have a part in it, or none. Where the figure is not known, mend its source.",
    "service": "This is about the scoring API, not about the model. Read its log and the page Scoring: what "
    "failed, what is slow, and whether the machine is too small for what is asked.",
}
#: When no mail had been sent yet.
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
#: Incidents of these kinds are what a training is to cure.
CURABLE: tuple[Kind, ...] = ("drift", "performance")


@dataclass(frozen=True)
class Look:
    """A run of <model>.monitor that looks at a night; new incidents go to `owner`, if there is one."""

    run: str
    at: datetime
    owner: str | None

    @property
    def by(self) -> str:
        """The Dag that looks."""
        return self.run.partition("/")[0]


def note_night(spec: ModelSpec, night: Night, look: Look, engine: Engine) -> tuple[Incident, ...]:
    """Open, see again or close the incidents that a night speaks of, and return the open ones of its matters.

    Doing so again changes nothing. A night older than the newest that was watched speaks of the past, and
    opens and closes nothing.
    """
    found = matters_of(night)
    noted = [_noted(engine, matter, night, look) for matter in found]
    _recover(spec, night, {matter.key for matter in found}, look, engine)
    return tuple(incident for incident in noted if incident)


def news(conn: Connection, night: Night) -> tuple[IncidentEvent, ...]:
    """Return what people must be told after a night: what was opened, and what got much worse.

    What an earlier night brought and no mail could tell is told by the newest one.
    """
    untold_since = None
    if _is_newest(conn, night):
        untold_since = notices.last_sent(conn, told_by(night.model)) or BEFORE_ALL
    return incident_events.news_of(conn, night.model, night.night, MEND, untold_since=untold_since)


def told_by(model: str) -> str:
    """Return how the keys of the mails begin that tell what the nights of a model brought."""
    return f"night/{model}/"


def blocking(conn: Connection, night: Night) -> Incident | None:
    """Return the open incident about the first data fault of a night."""
    faults = (matter.key for matter in matters_of(night) if matter.fault)
    return next((incident for key in faults if (incident := incidents.open_one(conn, key))), None)


def link_training(engine: Engine, model: str, *, run: str, at: datetime) -> None:
    """Note a training that the monitor asked for in the timelines of what it is to cure."""
    text = "A training began that was asked for."
    with engine.begin() as conn:
        for incident in incidents.open_ones(conn, model):
            if incident.kind in CURABLE:
                by = run.partition("/")[0]
                incident_events.append(conn, incident.id, "run_linked", by=by, at=at, text=text, run=run)


def settle_by_hand(
    conn: Connection, incident_id: int, *, by: str, because: str, at: datetime, run: str
) -> Incident:
    """Settle an incident of the nights for a person.

    Raises
    ------
    RecordError
        When there is no such open incident, no reason, or it is about what is in production: only `restore`
        settles those, because it looks whether they are gone.
    """
    incident = incidents.find(conn, incident_id)
    if incident and incident.kind not in MEND:
        raise RecordError(
            f"Incident {incident_id} is about what is in production. Trigger the Dag restore instead, which "
            "looks whether it is gone."
        )
    return incidents.settle(conn, incident_id, by=by, because=because, at=at, run=run)


def matters_of(night: Night) -> tuple[Matter, ...]:
    """Return what a recorded night's findings are about."""
    findings = [Finding(**finding) for finding in night.findings]
    return matters(night.model, findings, source=faulty_source(night))


def _is_newest(conn: Connection, night: Night) -> bool:
    newest = nights.newest(conn, night.model)
    return newest is None or night.night >= newest


def _noted(engine: Engine, matter: Matter, night: Night, look: Look) -> Incident | None:
    """Open or see an incident again, in a transaction of its own: the audit log's lock is taken last."""
    with engine.begin() as conn:
        lock(conn, f"incident {matter.key}")
        if not _is_newest(conn, night) or _settled_knowing(conn, matter.key, night):
            return None
        incident, new = incidents.open_incident(
            conn,
            kind=matter.kind,
            key=matter.key,
            model=night.model,
            sentence=matter.sentence,
            facts={"mend": MEND[matter.kind], "restorable": False},
            at=look.at,
            run=look.run,
            day=night.night,
            found=_figures(matter.findings),
        )
        if not new:
            _note_worse(conn, incident, matter, night, look)
        elif look.owner:
            because = "The model is theirs."
            incidents.assign(
                conn, incident.id, owner=look.owner, by=look.by, because=because, at=look.at, run=look.run
            )
        return incident


def _settled_knowing(conn: Connection, key: str, night: Night) -> bool:
    """Say whether a person settled the matter knowing this very night, which is only measured again."""
    last = incidents.last_settled(conn, key)
    events = incident_events.timeline(conn, last.id) if last else ()
    known = any(one.event in incident_events.SEEN and one.day == night.night for one in events)
    return known and events[-1].event == "settled"


def _note_worse(conn: Connection, incident: Incident, matter: Matter, night: Night, look: Look) -> None:
    told: dict[str, float | None] = {}
    for event in incident_events.timeline(conn, incident.id):
        if event.event in incident_events.NEWS:
            told |= event.facts
    worse = [one for one in matter.findings if one.key not in told or is_worse(one, told[one.key])]
    if worse:
        incident_events.append(
            conn,
            incident.id,
            "worsened",
            by=look.by,
            at=look.at,
            text=" ".join(finding.sentence for finding in worse),
            run=look.run,
            day=night.night,
            facts=_figures(worse),
        )


def _figures(findings: Sequence[Finding]) -> dict[str, float | None]:
    return {finding.key: finding.value for finding in findings}


def _recover(spec: ModelSpec, night: Night, found: set[str], look: Look, engine: Engine) -> None:
    """Settle what the night could have shown and did not."""
    with engine.connect() as conn:
        waiting = [one for one in incidents.open_ones(conn, night.model) if one.kind in MEND]
    for incident in waiting:
        with engine.begin() as conn:
            if incident.key in found or not _could_show(conn, spec, night, incident):
                continue
            lock(conn, f"incident {incident.key}")
            if incidents.open_one(conn, incident.key) == incident and _is_newest(conn, night):
                incidents.settle(
                    conn,
                    incident.id,
                    by=look.by,
                    because=f"The night of {night.night} was without it.",
                    at=look.at,
                    run=look.run,
                    recovered_on=night.night,
                )


def _could_show(conn: Connection, spec: ModelSpec, night: Night, incident: Incident) -> bool:
    """Say whether a night could have shown a matter; one that could not proves no recovery."""
    faulty = faulty_source(night) or any(finding["fault"] for finding in night.findings)
    enough = spec.monitoring.drift.minimum_rows
    match incident.kind:
        case "performance":
            seen = night.measures.get("performance")
            return bool(seen and seen["metrics"])
        case "drift":
            return night.rows >= enough and not faulty
        case "estimate" | "fairness":
            judged = (night.measures.get(incident.kind) or {}).get("judged")
            return bool(judged) and not (faulty and incident.kind in MOVED_BY_FAULTS)
        case "indicator":
            measured = night.measures.get("indicators", {}).get(incident.key.rpartition("/")[2])
            return measured is not None and measured["value"] is not None
        case "service":
            asked, seen = spec.monitoring.service, night.measures.get("service")
            return bool(asked and seen and seen["requests"] - seen["refusals"] >= asked.minimum_requests)
        case "data":
            enough = min(enough, _rows_that_showed(conn, incident) or enough)
            return night.rows >= enough and bool(night.measures.get("suite"))
        case _:
            return night.rows > 0


def _rows_that_showed(conn: Connection, incident: Incident) -> int:
    """Return how many rows the last night had that showed an incident: as many could show it again."""
    seen = [one for one in incident_events.timeline(conn, incident.id) if one.event in incident_events.SEEN]
    night = nights.find(conn, str(incident.model), max(one.day for one in seen if one.day))
    return night.rows if night else 0
