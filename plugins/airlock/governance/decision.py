"""The decision: whether what people answered lets a candidate into production. Pure, and fails closed."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from airlock.governance.approvals import Approval
from airlock.governance.candidates import Candidate
from airlock.governance.releases import Release
from airlock.spec.durations import spell_duration

State = Literal["approved", "rejected", "expired", "superseded", "failed"]

#: How a task that took no answer ended, in words; one that succeeded without an answer was marked by hand.
ENDINGS: Mapping[str, str] = {
    "failed": "failed",
    "skipped": "was skipped by hand",
    "upstream_failed": "was never started",
    "removed": "is no longer part of the Dag",
}


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
    makers: Mapping[str, str],
    newer: Candidate | None,
    endings: Mapping[int, str | None] | None = None,
) -> Decision:
    """Decide about a release that nobody else will answer.

    Approved needs all of: as many answers as the release demands; every answer an Approve, by a distinct
    person, on the dossier of this release; each of them an allowed approver and none who had a hand in the
    candidate; no candidate registered after this one.

    Parameters
    ----------
    release
        What is decided about.
    approvals
        Every recorded answer about it.
    approvers
        User ids that may answer.
    makers
        Who had a hand in the candidate, each with what they did: `Candidate.makers`.
    newer
        The candidate of this model that was registered last; only one after the release's own counts.
    endings
        By slot, the state in which the task ended that was to take the answer, where that is known.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> moment = datetime(2026, 1, 1, tzinfo=UTC)
    >>> release = Release(5, "credit_risk", "run", 3, "p", "e", 1, "full", "open", "", moment, None)
    >>> answer = Approval(5, 1, "omar", "Reject", "the hold-out is too small", "e", moment)
    >>> decide(release, [answer], approvers={"omar"}, makers={"dana": "trained it"}, newer=None)
    Decision(state='rejected', reason='Rejected by omar: the hold-out is too small.')
    """
    for answer in approvals:
        if answer.choice != "Approve":
            said = " ".join(answer.reason.split()).rstrip(".") or "no reason was given"
            return Decision("rejected", f"Rejected by {answer.responder}: {said}.")
    if newer is not None and newer.id > release.candidate_id:
        return superseded(newer)
    if release.people < 0:
        return Decision("rejected", f"{release.people} people were to approve, which cannot be.")
    for number, answer in enumerate(approvals):
        if against := objection(release, approvals[:number], answer, approvers, makers):
            return Decision("rejected", against)
    if len(approvals) < release.people:
        return _unanswered(release, approvals, endings or {})
    if release.people == 0:
        return Decision("approved", "Every gate was passed, and this risk tier asks for no person.")
    return Decision("approved", f"Approved by {' and '.join(answer.responder for answer in approvals)}.")


def superseded(newer: Candidate) -> Decision:
    """Return what becomes of the releases of older candidates."""
    return Decision("superseded", f"Superseded: version {newer.version} was registered in the meantime.")


def expired(people: int, approvals: Sequence[Approval], within: str) -> Decision:
    """Return what becomes of a release whose time is over; `within` spells how long it was.

    >>> expired(2, [], "3 days")
    Decision(state='expired', reason='Nobody answered within 3 days.')
    """
    return Decision("expired", _too_few(people, approvals, f" within {within}"))


def objection(
    release: Release,
    earlier: Sequence[Approval],
    answer: Approval,
    approvers: Collection[str],
    makers: Mapping[str, str],
) -> str | None:
    """Say why an answer does not count beside the earlier ones; None where it does.

    Whoever approved and rejects afterwards has changed their mind, and that rejects.
    """
    who, human = answer.responder, person(answer.responder)
    if not human:
        return "Airflow recorded no person with an answer, so it counts for nothing."
    if not (makers and all(maker.strip() for maker in makers)):
        return "It is not recorded who started the training, so nobody can be shown to be someone else."
    if answer.release_id != release.id:
        return f"The answer by {who} is about release {answer.release_id}, not about this one."
    if who not in approvers:
        return f"{who} is not among the approvers of this model."
    if did := part_of(who, makers):
        return f"{who} {did} and cannot approve it."
    if answer.responded_at < release.opened_at:
        return f"The answer by {who} is dated before the release was opened."
    if answer.choice == "Approve" and human in {person(one.responder) for one in earlier}:
        return f"{who} answered twice; the approvals must come from different people."
    if answer.dossier_digest != release.dossier_digest:
        return f"{who} was shown another dossier than this release's."
    return None if answer.reason.strip() else f"{who} gave no reason."


def too_old(candidate: Candidate, age: timedelta, at: datetime) -> str | None:
    """Say why a candidate may no longer go into production at a moment; None where it may.

    Parameters
    ----------
    age
        How long ago it may have been recorded, at most: `candidate_age` of its tier's policy.
    """
    if at - candidate.recorded_at <= age:
        return None
    return (
        f"Version {candidate.version} of {candidate.model} was registered on "
        f"{candidate.recorded_at:%Y-%m-%d}, and its tier lets nothing out that is older than "
        f"{spell_duration(age)}. Run {candidate.model}.train again."
    )


def _unanswered(
    release: Release, approvals: Sequence[Approval], endings: Mapping[int, str | None]
) -> Decision:
    answered = {answer.slot for answer in approvals}
    missing = [slot for slot in range(1, release.people + 1) if slot not in answered]
    for slot in missing:
        if endings.get(slot) == "success":
            return Decision(
                "rejected", f"approve_{slot} was marked as success by hand, which approves nothing."
            )
    how = ENDINGS.get(endings.get(missing[0]) or "")
    why = f"approve_{missing[0]} {how}. " if how else ""
    few = _too_few(release.people, approvals, "")
    return Decision("failed", f"{why}{few} Trigger {release.model}.release again with this version.")


def _too_few(people: int, approvals: Sequence[Approval], within: str) -> str:
    if not approvals:
        return f"Nobody answered{within}."
    names = " and ".join(answer.responder for answer in approvals)
    return f"Only {names} answered{within}; {people} people must approve."


def part_of(user: str, makers: Mapping[str, str]) -> str | None:
    """Return what a user did to make something, under any spelling; None where they had no hand in it."""
    return {person(maker): did for maker, did in makers.items()}.get(person(user))


def person(user: str) -> str:
    """Return who a user is, however the name is spelt or the letters are drawn.

    Who registered a version in MLflow under a name is taken to be that person.
    """
    drawn = (one for one in unicodedata.normalize("NFKC", user) if unicodedata.category(one) != "Cf")
    return "".join(drawn).strip().casefold().removeprefix("mlflow:")
