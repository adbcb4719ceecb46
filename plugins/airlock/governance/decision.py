"""The decision: whether what people answered lets a candidate into production. Pure, and fails closed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from airlock.governance.candidates import Candidate
from airlock.governance.releases import Approval, Release

State = Literal["approved", "rejected", "expired", "superseded"]


@dataclass(frozen=True)
class Decision:
    """What becomes of a release, and why, in one line."""

    state: State
    reason: str


def decide(
    release: Release,
    approvals: Sequence[Approval],
    *,
    approvers: Collection[str],
    trained_by: str,
    newer: Candidate | None,
) -> Decision:
    """Decide about a release whose time for answers is over.

    Approved needs all of: as many answers as the release demands; every answer an Approve, by a distinct
    person, on the dossier of this release; each of them an allowed approver and none the one who started
    the training; no candidate registered after this one.

    Parameters
    ----------
    release
        What is decided about.
    approvals
        Every recorded answer about it.
    approvers
        User ids that may answer.
    trained_by
        The user who started the training, or the cause of an automatic one.
    newer
        The candidate of this model that was registered last; only one after the release's own counts.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> moment = datetime(2026, 1, 1, tzinfo=UTC)
    >>> release = Release(5, "credit_risk", "run", 3, "p", "e", 1, "full", "open", "", moment, None)
    >>> answer = Approval(5, 1, "omar", "Reject", "the hold-out is too small", "e", moment)
    >>> decide(release, [answer], approvers={"omar"}, trained_by="dana", newer=None)
    Decision(state='rejected', reason='Rejected by omar: the hold-out is too small.')
    """
    for answer in approvals:
        if answer.choice != "Approve":
            said = " ".join(answer.reason.split()).rstrip(".") or "no reason was given"
            return Decision("rejected", f"Rejected by {answer.responder}: {said}.")
    if newer is not None and newer.id > release.candidate_id:
        return Decision("superseded", f"Superseded: version {newer.version} was registered in the meantime.")
    objection = _objection(release, approvals, approvers, trained_by)
    if objection:
        return Decision("rejected", objection)
    if len(approvals) < release.people:
        return Decision("expired", _too_few(release.people, approvals))
    if release.people == 0:
        return Decision("approved", "Every gate was passed, and this risk tier asks for no person.")
    return Decision("approved", f"Approved by {' and '.join(answer.responder for answer in approvals)}.")


def _objection(
    release: Release, approvals: Sequence[Approval], approvers: Collection[str], trained_by: str
) -> str | None:
    if release.people < 0:
        return f"{release.people} people were to approve, which cannot be."
    if approvals and not trained_by.strip():
        return "It is not recorded who started the training, so nobody can be shown to be someone else."
    seen: set[str] = set()
    for answer in approvals:
        who, person = answer.responder, _person(answer.responder)
        if answer.release_id != release.id:
            return f"The answer by {who} is about release {answer.release_id}, not about this one."
        if who not in approvers:
            return f"{who} is not among the approvers of this model."
        if person == _person(trained_by):
            return f"{who} started the training and cannot approve it."
        if person in seen:
            return f"{who} answered twice; the approvals must come from different people."
        if answer.dossier_digest != release.dossier_digest:
            return f"{who} was shown another dossier than this release's."
        seen.add(person)
    return None


def _too_few(people: int, approvals: Sequence[Approval]) -> str:
    if not approvals:
        return "Nobody answered in time."
    names = " and ".join(answer.responder for answer in approvals)
    return f"Only {names} answered in time; {people} people must approve."


def _person(user: str) -> str:
    return user.strip().casefold()
