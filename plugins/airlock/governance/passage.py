"""Passage: the proof that a release came through the airlock, from the records and from the audit log."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from airlock.governance import approvals, audit_log, candidates, releases
from airlock.governance.approvals import Approval
from airlock.governance.audit_log import Act, Entry
from airlock.governance.candidates import Candidate
from airlock.governance.decision import decide
from airlock.governance.records import RecordError
from airlock.governance.releases import Release
from airlock.governance.tables import audit_log as log_table

#: What the log says of a candidate.
REGISTERED: tuple[Act, ...] = ("candidate_registered",)
#: What the log says of a release: how it was opened, who answered what, how it was decided.
ACTS: tuple[Act, ...] = ("release_opened", "answer_recorded", "release_closed")
#: What the log says of production.
SERVING: tuple[Act, ...] = ("deployed", "withdrawn", "rolled_back")
#: What must not have changed since a candidate was registered, and since its release was opened.
OF_CANDIDATE = ("version", "package_digest", "dossier_digest", "evidence_digest")
OF_RELEASE = ("people", "way", "package_digest", "dossier_digest")


class DeploymentRefused(RecordError):
    """A candidate was to be deployed that has not come through the airlock."""


def prove_passage(
    conn: Connection, release_id: int, candidate_id: int, *, states: Collection[str] = ("approved",)
) -> Candidate:
    """Judge a release again by its recorded answers, and return its candidate.

    Whoever gets hold of a password can write the tables, and cannot rewrite the log unnoticed. So a release
    counts only as far as both say the same.

    Parameters
    ----------
    states
        The states that the release may be in.

    Raises
    ------
    DeploymentRefused
        When release and candidate are not on record or not about the same, the release is in another state,
        its answers do not approve it, or the log does not say what the records say.
    """
    release, candidate = _records(conn, release_id, candidate_id)
    if release.state not in states:
        raise DeploymentRefused(
            f"Release {release_id} of {release.model} is {release.state}, not {' or '.join(states)}."
        )
    if candidate.state != "registered":
        raise DeploymentRefused(
            f"Candidate {candidate_id} of {candidate.model} was refused: {candidate.reason}"
        )
    answers = approvals.of_release(conn, release_id)
    _refuse_unless_approved(release, candidate, answers)
    _refuse_unless_registered_so(conn, candidate)
    _refuse_unless_released_so(conn, release, answers)
    return candidate


def prove_logged(conn: Connection, model: str, deployment: Mapping[str, Any], *, serves: bool) -> None:
    """Hold a deployment's facts against the audit log.

    Parameters
    ----------
    serves
        Whether it must be the last that the log says was deployed, and not taken back since.

    Raises
    ------
    DeploymentRefused
        When the log does not say so.
    """
    log = proved_entries(conn, model, SERVING)
    name = f"deployment {deployment['deployment']} of {model}"
    if not any(_says(entry, "deployed", deployment) for entry in log):
        raise _unlogged(name, f"it made version {deployment['version']} the champion")
    if serves and not _says(log[-1], "deployed", deployment):
        raise _unlogged(name, "it serves now")


def _records(conn: Connection, release_id: int, candidate_id: int) -> tuple[Release, Candidate]:
    try:
        release, candidate = releases.find(conn, release_id), candidates.find(conn, candidate_id)
    except RecordError as error:  # its evidence was changed
        raise DeploymentRefused(str(error)) from error
    if release is None or candidate is None:
        raise DeploymentRefused(f"Release {release_id} or candidate {candidate_id} is not recorded.")
    pinned = (release.model, release.candidate_id, release.package_digest, release.dossier_digest)
    if pinned != (candidate.model, candidate.id, candidate.package_digest, candidate.dossier_digest):
        raise DeploymentRefused(f"Candidate {candidate_id} is not what release {release_id} is about.")
    return release, candidate


def _refuse_unless_approved(release: Release, candidate: Candidate, answers: Sequence[Approval]) -> None:
    allowed = {answer.responder for answer in answers}  # who may answer was checked when it was decided
    decision = decide(release, answers, approvers=allowed, makers=candidate.makers, newer=None)
    if decision.state != "approved":
        raise DeploymentRefused(
            f"Release {release.id} of {release.model} is marked approved, but: {decision.reason}"
        )


def _refuse_unless_registered_so(conn: Connection, candidate: Candidate) -> None:
    log = proved_entries(conn, candidate.model, REGISTERED, candidate=candidate.id)
    facts = {name: getattr(candidate, name) for name in OF_CANDIDATE}
    own = (candidate.trained_by, candidate.recorded_at)
    if not any(_says(entry, "candidate_registered", facts, *own) for entry in log):
        raise _unlogged(
            f"candidate {candidate.id} of {candidate.model}", f"{candidate.trained_by} trained it as it is"
        )


def _refuse_unless_released_so(conn: Connection, release: Release, answers: Sequence[Approval]) -> None:
    log = proved_entries(conn, release.model, ACTS, release=release.id)
    name = f"release {release.id} of {release.model}"
    opened = {"candidate": release.candidate_id} | {key: getattr(release, key) for key in OF_RELEASE}
    if not any(_says(entry, "release_opened", opened, at=release.opened_at) for entry in log):
        raise _unlogged(name, f"it was opened so, for {release.people} people and the way {release.way}")
    for answer in answers:
        said = {key: getattr(answer, key) for key in ("slot", "choice", "dossier_digest")}
        own = (answer.responder, answer.responded_at)
        if not any(_says(entry, "answer_recorded", said, *own) for entry in log):
            raise _unlogged(name, f"{answer.responder} gave answer {answer.slot}")
    ended = [entry for entry in log if entry.act == "release_closed"]
    if not ended or not _says(ended[-1], "release_closed", {"state": "approved"}):
        raise _unlogged(name, "it was last decided as approved")


def proved_entries(conn: Connection, model: str, acts: Collection[Act], **ids: int) -> list[Entry]:
    """Return what the log says of a model or a record, without rows that are no longer what they were."""
    about = [log_table.c.model == model, log_table.c.act.in_(acts)]
    about += [log_table.c.facts[key].as_string() == str(number) for key, number in ids.items()]
    return [entry for entry in audit_log.entries(conn, *about) if entry.digest == entry.true_digest]


def _says(
    entry: Entry,
    act: Act,
    facts: Mapping[str, Any],
    actor: str | None = None,
    at: datetime | None = None,
) -> bool:
    own = actor in (None, entry.actor) and at in (None, entry.at)
    return entry.act == act and own and facts.items() <= entry.facts.items()


def _unlogged(of: str, what: str) -> DeploymentRefused:
    return DeploymentRefused(
        f"The audit log does not say of {of} that {what}: its records were changed past Airlock. "
        "Look for who changed them; train and release again."
    )
