"""Deadlines: until when a release waits for its next answer, and when to remind people of it. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from airlock.governance.approvals import Approval
from airlock.governance.releases import Release

#: The share of the time to answer that is left when people are reminded.
LAST = 0.25


def deadline(release: Release, answers: Sequence[Approval], timeout: timedelta) -> datetime:
    """Return until when the next answer counts; each has `timeout` from the one before, or from the opening.

    Asking again does not prolong it.
    """
    return max([release.opened_at, *(answer.responded_at for answer in answers)]) + timeout


def due(release: Release, answers: Sequence[Approval], timeout: timedelta, now: datetime) -> bool:
    """Say whether people must be reminded: the release waits, and less than a quarter of the time is left."""
    rejected = any(answer.choice == "Reject" for answer in answers)
    if release.state != "open" or rejected or len(answers) >= release.people:
        return False
    return timedelta(0) < deadline(release, answers, timeout) - now < LAST * timeout
