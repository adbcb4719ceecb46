"""Which records the log tells of, by which acts, and what it must say of each.

A query returns what the log's row must say, under the names of the row's facts; `actor`, `model` and `moment`
are compared with the row's own columns. Where an act can be repeated for a record, the newest row counts.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from airlock.governance.audit_log import Act
from airlock.governance.tables import (
    api_keys,
    approvals,
    candidates,
    challengers,
    contests,
    deletions,
    deployments,
    incident_events,
    incidents,
    quarantine,
    releases,
    reproductions,
)


@dataclass(frozen=True)
class Telling:
    """A kind of record, the acts that tell of it, its key among the facts, and what they must say of it.

    Where the one key is a list among the facts, it names several records, and the row says the same of each.
    """

    noun: str
    acts: tuple[Act, ...]
    key: tuple[str, ...]
    records: sa.Select[Any]


def _moment(column: sa.Column[Any]) -> sa.Label[str]:
    """Return a time as the log spells it; one that no calendar here has is spelled, too."""
    return sa.func.to_char(sa.func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"').label(
        "moment"
    )


def _candidates(state: str) -> sa.Select[Any]:
    digests = ("package_digest", "snapshot_digest", "spec_digest", "evidence_digest", "dossier_digest")
    named_alike = (candidates.c[name] for name in ("model", "version", "reason", *digests))
    own = (candidates.c.trained_by.label("actor"), _moment(candidates.c.recorded_at))
    return sa.select(candidates.c.id.label("candidate"), *own, *named_alike).where(
        candidates.c.state == state
    )


DEPLOYED = sa.exists().where(deployments.c.release_id == releases.c.id)
#: A row that was written past Airlock and that a person had retired: its incident tells of it.
FORGED = deployments.c.retired_at.is_not(None) & sa.exists().where(
    incidents.c.state == "settled",
    incidents.c.key == sa.func.concat("unapproved_deployment/", deployments.c.model, "/", deployments.c.id),
)
DEPLOYMENT = (
    deployments.c.id.label("deployment"),
    deployments.c.release_id.label("release"),
    deployments.c.candidate_id.label("candidate"),
    *deployments.c["model", "version", "package_digest"],
)

TELLINGS = (
    Telling("candidate", ("candidate_registered",), ("candidate",), _candidates("registered")),
    Telling("refused candidate", ("candidate_refused",), ("candidate",), _candidates("refused")),
    Telling(
        "release",
        ("release_opened",),
        ("release",),
        sa.select(
            releases.c.id.label("release"),
            releases.c.candidate_id.label("candidate"),
            _moment(releases.c.opened_at),
            *releases.c["model", "people", "way", "package_digest", "dossier_digest"],
        ),
    ),
    Telling(
        "end of a release",
        ("release_closed",),
        ("release",),
        sa.select(
            releases.c.id.label("release"),
            *releases.c["model", "reason", "package_digest", "dossier_digest"],
            # That it is deployed its deployment says; the log's last word on it is that it was approved.
            sa.case(((releases.c.state == "deployed") & DEPLOYED, "approved"), else_=releases.c.state).label(
                "state"
            ),
        ).where(releases.c.state != "open"),
    ),
    Telling(
        "answer",
        ("answer_recorded",),
        ("release", "slot"),
        sa.select(
            approvals.c.release_id.label("release"),
            approvals.c.responder.label("actor"),
            _moment(approvals.c.responded_at),
            *approvals.c["slot", "choice", "reason", "dossier_digest"],
        ),
    ),
    Telling(
        "deployment",
        ("deployed",),
        ("deployment",),
        sa.select(*DEPLOYMENT, deployments.c.reinstates, _moment(deployments.c.deployed_at)).where(~FORGED),
    ),
    Telling(
        "withdrawn deployment",
        ("withdrawn", "rolled_back"),
        ("deployment",),
        sa.select(*DEPLOYMENT).where(deployments.c.withdrawn),
    ),
    Telling(
        "challenger",
        ("challenger_started", "challenger_stepped", "challenger_ended"),
        ("challenger",),
        sa.select(
            challengers.c.id.label("challenger"),
            challengers.c.release_id.label("release"),
            challengers.c.ended_because.label("because"),
            *challengers.c["model", "version", "package_digest", "way", "share", "step", "outcome"],
        ),
    ),
    Telling(
        "incident",
        ("incident_opened",),
        ("incident",),
        sa.select(incidents.c.id.label("incident"), *incidents.c["model", "kind", "key", "sentence"]),
    ),
    Telling(
        "settled incident",
        ("incident_settled",),
        ("incident",),
        sa.select(
            incidents.c.id.label("incident"),
            incidents.c.settled_by.label("actor"),
            incidents.c.settled_because.label("reason"),
            *incidents.c["model", "kind", "key"],
        ).where(incidents.c.state == "settled"),
    ),
    Telling(
        "word on an incident",
        ("incident_assigned", "incident_noted"),
        ("event",),
        sa.select(
            incident_events.c.id.label("event"),
            incident_events.c.incident_id.label("incident"),
            incident_events.c.by.label("actor"),
            *incident_events.c["text", "owner"],
        ).where(incident_events.c.event.in_(("assigned", "noted"))),
    ),
    Telling(
        "reproduction",
        ("version_reproduced",),
        ("candidate", "dag_run_id"),
        sa.select(
            reproductions.c.candidate_id.label("candidate"),
            reproductions.c.asked_by.label("actor"),
            *reproductions.c["dag_run_id", "model", "version", "package_digest", "identical", "same_answers"],
        ),
    ),
    Telling(
        "row in quarantine",
        ("quarantine_settled",),
        ("rows",),
        sa.select(
            quarantine.c.id.label("rows"),
            quarantine.c.settled_by.label("actor"),
            quarantine.c.settled_because.label("reason"),
            _moment(quarantine.c.settled_at),
            *quarantine.c["model", "state"],
        ).where(quarantine.c.state != "held"),
    ),
    Telling(
        "decided contest",
        ("contest_decided",),
        ("contest",),
        sa.select(
            contests.c.id.label("contest"),
            sa.cast(contests.c.decision_id, sa.Text).label("decision"),
            contests.c.decided_by.label("actor"),
            contests.c.decided_because.label("reason"),
            *contests.c["model", "version", "state", "prediction"],
        ).where(contests.c.state != "open"),
    ),
    Telling(
        "deletion",
        ("answers_deleted", "records_deleted"),
        ("deletion",),
        sa.select(deletions.c.id.label("deletion"), *deletions.c["model", "kind", "rows", "digest"]),
    ),
    Telling(
        "API key",
        ("key_issued",),
        ("fingerprint",),
        sa.select(
            api_keys.c.issued_by.label("actor"),
            api_keys.c.issued_because.label("reason"),
            sa.func.to_char(api_keys.c.expires_at, 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"').label("expires_at"),
            *api_keys.c["fingerprint", "client", "scopes", "models"],
        ),
    ),
    Telling(
        "revoked API key",
        ("key_revoked",),
        ("fingerprint",),
        sa.select(
            api_keys.c.revoked_by.label("actor"),
            api_keys.c.revoked_because.label("reason"),
            *api_keys.c["fingerprint", "client"],
        ).where(api_keys.c.revoked_at.is_not(None)),
    ),
)
