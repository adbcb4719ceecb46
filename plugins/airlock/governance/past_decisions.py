"""Past decisions: what was answered once, and what allowed the version that answered it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import batches
from airlock.governance.audit_log import Act, Entry
from airlock.governance.passage import ACTS, DeploymentRefused, proved_entries
from airlock.governance.predictions import PredictionRow
from airlock.governance.records import record_of
from airlock.governance.releases import Way
from airlock.governance.tables import predictions
from airlock.store import Store

#: What lets a version answer.
ALLOWS: tuple[Act, ...] = ("deployed", "challenger_started")


@dataclass(frozen=True)
class Passage:
    """How a version came to answer, as the audit log tells it.

    Attributes
    ----------
    way
        How it answered: as the champion (`full`), or beside it.
    since
        When it began to answer so.
    package_digest, dossier_digest
        What was released, and what people decided it by.
    people
        How many had to approve.
    approved_at
        When each of them did.
    """

    release_id: int
    candidate_id: int
    way: Way
    since: datetime
    package_digest: str
    dossier_digest: str
    people: int
    approved_at: tuple[datetime, ...]


def find(conn: Connection, store: Store, decision_id: uuid.UUID) -> PredictionRow | None:
    """Return an answer that somebody was given, by its id: the API's or a batch's.

    What a challenger said in the shadow decided nothing and is not found.

    Raises
    ------
    StoreError
        When the answers of its batch are missing in the store, or were changed.
    DecisionDeleted
        When retention deleted it.
    """
    columns = [predictions.c[field.name] for field in fields(PredictionRow)]
    given = (predictions.c.id == decision_id) & (predictions.c.purpose != "shadow")
    row = conn.execute(sa.select(*columns).where(given)).one_or_none()
    if row is None:
        return batches.find_decision(conn, store, decision_id)
    return record_of(PredictionRow, row)


def passage(conn: Connection, decision: PredictionRow) -> Passage:
    """Return how the version that decided came to answer, from the audit log alone.

    Raises
    ------
    DeploymentRefused
        When the log does not say that this version answered then, released by the people it needed.
    """
    name = f"{decision.model} version {decision.version}"
    allowed = [
        entry
        for entry in proved_entries(conn, decision.model, ALLOWS)
        if entry.facts["version"] == decision.version and entry.at <= decision.scored_at
    ]
    if not allowed:
        raise DeploymentRefused(
            f"The audit log does not say that {name} answered on {decision.scored_at:%Y-%m-%d %H:%M} UTC. "
            "The log or the records were changed past Airlock: look for who changed them."
        )
    begun = allowed[-1]
    return _told(name, begun, proved_entries(conn, decision.model, ACTS, release=begun.facts["release"]))


def _told(name: str, begun: Entry, about: Sequence[Entry]) -> Passage:
    release, digest = begun.facts["release"], begun.facts["package_digest"]
    opened = [one for one in about if one.act == "release_opened" and one.facts["package_digest"] == digest]
    dossier = opened[0].facts["dossier_digest"] if opened else None
    approved = {
        one.actor: one.at
        for one in about
        if one.act == "answer_recorded"
        and (one.facts["choice"], one.facts["dossier_digest"]) == ("Approve", dossier)
    }
    was_approved = any(one.act == "release_closed" and one.facts["state"] == "approved" for one in about)
    if not opened or not was_approved or len(approved) < opened[0].facts["people"]:
        raise DeploymentRefused(
            f"The audit log does not say that release {release} of {name} was opened and approved as it is. "
            "The log or the records were changed past Airlock: look for who changed them."
        )
    return Passage(
        release_id=release,
        candidate_id=opened[0].facts["candidate"],
        way=begun.facts.get("way", "full"),
        since=begun.at,
        package_digest=digest,
        dossier_digest=str(dossier),
        people=opened[0].facts["people"],
        approved_at=tuple(approved.values()),
    )
