"""What mails say about trainings and the candidates that come of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


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
