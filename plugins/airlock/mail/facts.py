"""What each e-mail needs to know. A template of the same name in include/templates/mail says it to a person.

Every `link` is the Airflow page to open first; sentences are ready to be read and are escaped when rendered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True)
class Picture:
    """A PNG that is shown in the mail; `text` says the same to whoever cannot see it."""

    name: str
    text: str
    content: bytes

    @property
    def cid(self) -> str:
        """The name by which the HTML part refers to it."""
        return f"{self.name}@airlock"


@dataclass(frozen=True)
class AlertLine:
    """One finding of a night: its sentence, how bad it is, the first night in a row that it was found."""

    sentence: str
    how_bad: str
    since: date
    picture: Picture | None = None


@dataclass(frozen=True)
class ValidationFailed:
    """To the owner: the data of a training were refused.

    `set_aside` says which rows are held; `quarantine` is the page where a person settles them.
    """

    title: str
    model: str
    as_of: datetime
    rows: int
    checks: int
    failed: Sequence[str]
    warnings: Sequence[str]
    set_aside: Sequence[str]
    snapshot_digest: str
    cause: str
    link: str
    report: str
    quarantine: str


@dataclass(frozen=True)
class Objection:
    """One thing that speaks against the data: what it is, what to do, the line of YAML that accepts it."""

    sentence: str
    mend: str
    accept: str


@dataclass(frozen=True)
class InspectionFailed:
    """To the owner: nothing should learn from the data of a training."""

    title: str
    model: str
    as_of: datetime
    rows: int
    checks: int
    failed: Sequence[Objection]
    warnings: Sequence[str]
    snapshot_digest: str
    cause: str
    link: str


@dataclass(frozen=True)
class CandidateRefused:
    """To the owner: a training ended without a candidate good enough to be asked about."""

    title: str
    model: str
    best: str
    rows: int
    failed: Sequence[str]
    passed: Sequence[str]
    champion_version: int | None
    trained_by: str
    cause: str
    link: str
    dossier: str
    mlflow: str


@dataclass(frozen=True)
class VersionFound:
    """To the owner: somebody registered a version in MLflow by hand, and it is being evaluated."""

    title: str
    model: str
    version: int
    registered_by: str
    link: str
    mlflow: str


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
class ContestAsked:
    """To those who decide: a decision is contested. `refused` says why earlier answers do not count.

    What was known and why it is contested is personal, so that it stands behind the link alone.
    """

    title: str
    model: str
    version: int
    contest: int
    asked_by: str
    asked_at: datetime
    refused: Sequence[str]
    link: str


@dataclass(frozen=True)
class ContestDecided:
    """To the owner: a person decided about a contested decision."""

    title: str
    model: str
    version: int
    contest: int
    decision: str
    state: str
    prediction: str
    decided_by: str
    because: str
    link: str


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


@dataclass(frozen=True)
class RolledBack:
    """To everybody concerned: a person took the champion back; `problem` is what ails the version before."""

    title: str
    model: str
    version: int
    serves: int
    by: str
    reason: str
    at: datetime
    seconds: float
    problem: str
    package_digest: str
    link: str


@dataclass(frozen=True)
class DrillReport:
    """To those who may roll back and the people on call: how long the rehearsed rollbacks took.

    `held` is how many were not skipped.
    """

    held_at: datetime
    drills: Sequence[str]
    held: int
    failed: int
    link: str


@dataclass(frozen=True)
class DriftAlert:
    """To the people on call: a night crossed limits. `next_step` says what now happens by itself.

    `findings` are the worst first, and `more` are not listed; `news` are the incidents that were opened or
    got worse; `advice` is what a person can do. `cause` is the suspected one with its `evidence`, empty where
    none was found. `contests` wait for a person; of the `opinions` that people
    gave that day some are `disagreeing`.
    """

    title: str
    model: str
    version: int | None
    night: date
    rows: int
    findings: Sequence[AlertLine]
    more: int
    news: Sequence[int]
    contests: int
    opinions: int
    disagreeing: int
    next_step: str
    advice: Sequence[str]
    link: str
    report: str | None
    incidents: str
    rollback: str
    cause: str = ""
    evidence: Sequence[str] = ()

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of its findings."""
        return tuple(finding.picture for finding in self.findings if finding.picture)


@dataclass(frozen=True)
class IncidentOpened:
    """To those who may restore, and to a model's owner and people on call: something is not as recorded.

    `model` is None where it is about the whole installation; `mend` says what a restore does or, where there
    is none, what a person must do first; `restore` is the Dag that does it.
    """

    number: int
    model: str | None
    sentence: str
    found_at: datetime
    mend: str
    restorable: bool
    restore: str
    link: str


@dataclass(frozen=True)
class AuditFailed:
    """To auditors and administrators: the audit log is not what was written.

    `findings` are the first of `count`; `anchored` is the newest row that an anchor proves, 0 where none
    does; `log` is the page of the log.
    """

    found_at: datetime
    rows: int
    findings: Sequence[str]
    count: int
    anchored: int
    log: str
    link: str


@dataclass(frozen=True)
class LogAnchored:
    """To the auditors: the head of the audit log, to keep outside the database."""

    seq: int
    digest: str
    at: datetime
    link: str


@dataclass(frozen=True)
class TaskFailed:
    """To the people on call: a task gave up after its last attempt."""

    dag_id: str
    run_id: str
    task_id: str
    attempts: int
    failed_at: datetime
    error: str
    link: str


Facts = (
    ValidationFailed
    | InspectionFailed
    | CandidateRefused
    | VersionFound
    | ApprovalRequested
    | ApprovalReminder
    | ContestAsked
    | ContestDecided
    | ReleaseClosed
    | Deployed
    | DeploymentRefused
    | RolledBack
    | DrillReport
    | DriftAlert
    | IncidentOpened
    | AuditFailed
    | LogAnchored
    | TaskFailed
)

#: template name -> what it must be given
FACTS: dict[str, type[Facts]] = {
    "validation_failed": ValidationFailed,
    "inspection_failed": InspectionFailed,
    "candidate_refused": CandidateRefused,
    "version_found": VersionFound,
    "approval_requested": ApprovalRequested,
    "approval_reminder": ApprovalReminder,
    "contest_asked": ContestAsked,
    "contest_decided": ContestDecided,
    "release_closed": ReleaseClosed,
    "deployed": Deployed,
    "deployment_refused": DeploymentRefused,
    "rolled_back": RolledBack,
    "drill_report": DrillReport,
    "drift_alert": DriftAlert,
    "incident_opened": IncidentOpened,
    "audit_failed": AuditFailed,
    "log_anchored": LogAnchored,
    "task_failed": TaskFailed,
}
