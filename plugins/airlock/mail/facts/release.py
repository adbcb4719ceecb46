"""What mails say about releases and what they deployed or did not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class ApprovalRequested:
    """To the approvers: a candidate waits for an answer. `refused` says why earlier answers do not count."""

    title: str
    model: str
    version: int
    slot: int
    people: int
    tier: str
    trained_by: str
    cause: str
    verdicts: Sequence[str]
    refused: Sequence[str]
    dossier_digest: str
    timeout: timedelta
    link: str
    dossier: str


@dataclass(frozen=True)
class ApprovalReminder:
    """To the approvers who have not answered: the time to do so is nearly over."""

    title: str
    model: str
    version: int
    slot: int
    people: int
    left: timedelta
    until: datetime
    opened_at: datetime
    dossier_digest: str
    link: str
    dossier: str


@dataclass(frozen=True)
class ReleaseClosed:
    """To owner and approvers: a release ended and deployed nothing.

    `state` is rejected, expired, superseded or failed; `approvals` holds one sentence for each answer.
    """

    title: str
    model: str
    version: int
    state: str
    reason: str
    opened_at: datetime
    approvals: Sequence[str]
    champion_version: int | None
    link: str


@dataclass(frozen=True)
class Deployed:
    """To everybody concerned: a new version answers in production."""

    title: str
    model: str
    version: int
    replaced: int | None
    deployed_at: datetime
    approvals: Sequence[str]
    metrics: Mapping[str, float]
    package_digest: str
    scoring_url: str
    link: str


@dataclass(frozen=True)
class DeploymentRefused:
    """To approvers, owner and the people on call: what was approved is not what would have been deployed.

    `version` is None where the candidate's record cannot be read any more.
    """

    title: str
    model: str
    version: int | None
    reason: str
    approvals: Sequence[str]
    package_digest: str
    dossier_digest: str
    champion_version: int | None
    link: str
