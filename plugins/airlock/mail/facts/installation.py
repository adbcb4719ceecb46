"""What mails say about the whole installation: its audit log, and tasks that gave up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


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


@dataclass(frozen=True)
class RetentionHeld:
    """To a model's owner: an open incident keeps what should be deleted. `amount` says how much that is."""

    title: str
    model: str
    incident: int
    since: datetime
    amount: str
    kept_for: timedelta
    link: str
