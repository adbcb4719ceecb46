"""What each e-mail needs to know. A template of the same name in include/templates/mail says it to a person.

Every `link` is the Airflow page to open first; sentences are ready to be read and are escaped when rendered.
"""

from airlock.mail.facts.contests import ContestAsked, ContestDecided
from airlock.mail.facts.incidents import IncidentAssigned, IncidentOpened, InquiryAnswered, InquiryAsked
from airlock.mail.facts.installation import AuditFailed, LogAnchored, RetentionHeld, TaskFailed
from airlock.mail.facts.night import AlertLine, DriftAlert, Picture
from airlock.mail.facts.release import (
    ApprovalReminder,
    ApprovalRequested,
    Deployed,
    DeploymentRefused,
    ReleaseClosed,
)
from airlock.mail.facts.rollback import DrillReport, RolledBack
from airlock.mail.facts.training import (
    CandidateRefused,
    InspectionFailed,
    Objection,
    ValidationFailed,
    VersionFound,
)

__all__ = ["FACTS", "AlertLine", "DriftAlert", "Facts", "Objection", "Picture"]

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
    | IncidentAssigned
    | InquiryAsked
    | InquiryAnswered
    | AuditFailed
    | LogAnchored
    | RetentionHeld
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
    "incident_assigned": IncidentAssigned,
    "inquiry_asked": InquiryAsked,
    "inquiry_answered": InquiryAnswered,
    "audit_failed": AuditFailed,
    "log_anchored": LogAnchored,
    "retention_held": RetentionHeld,
    "task_failed": TaskFailed,
}
