"""The cause of a night: what triage says of it, once its rows and what came true are put before it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from airlock.monitoring.background import hits
from airlock.monitoring.finding import BEYOND_TRIAGE, Finding
from airlock.monitoring.performance import logged_answers
from airlock.package.labels import truth_of
from airlock.package.package import Package
from airlock.spec import ModelSpec
from airlock.triage.cause import Cause
from airlock.triage.decide import find_cause
from airlock.triage.facts import Cohort, Facts
from airlock.triage.recent import ENOUGH_ROWS, Recent

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa


def cause_of(
    spec: ModelSpec,
    package: Package,
    day: "date",
    rows: "pa.Table",
    outcomes: "pa.Table | None",
    findings: Sequence[Finding],
    recent: Callable[[], Recent],
) -> Cause | None:
    """Return why a night crossed limits; limits say when somebody must know, so a calm one has no cause.

    Parameters
    ----------
    package
        What answered the night.
    rows
        Its rows, or an even part of them: the features, `score` and `prediction`.
    outcomes
        What `airlock.monitoring.performance.joined` made of the newest decisions of the same version whose
        outcomes are known.
    recent
        Reads the night with those before it; asked only where the night's rows are too few to tell.
    """
    findings = [finding for finding in findings if finding.kind not in BEYOND_TRIAGE]
    if not findings:
        return None
    profile = package.profile()
    return find_cause(
        Facts(
            day=day,
            profile=profile,
            before=package.reference(),
            now=rows,
            cohort=None if outcomes is None else _cohort(spec, profile.get("positive"), outcomes),
            faults=tuple(finding.sentence for finding in findings if finding.fault),
            crossed=tuple(finding.sentence for finding in findings if not finding.fault),
            recent=recent if rows.num_rows < ENOUGH_ROWS else None,
        )
    )


def _cohort(spec: ModelSpec, positive: str | None, outcomes: "pa.Table") -> Cohort:
    answers = logged_answers(outcomes)
    truth = truth_of(outcomes, "outcome", spec.task)
    return Cohort(answers.scores, hits(positive, answers.predictions, truth))
