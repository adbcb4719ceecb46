"""Judging a night: from what was measured to what a person must know, and whether to train again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from airlock.monitoring.chance import FALSE_DISCOVERIES
from airlock.monitoring.drift import ColumnDrift
from airlock.monitoring.performance import Performance
from airlock.monitoring.sentences import (
    drift_sentence,
    fault_sentence,
    figure,
    performance_sentence,
    share_sentence,
)
from airlock.spec import ModelSpec

if TYPE_CHECKING:
    from airlock.data.validation import ValidationResult

FindingKind = Literal[
    "suite", "column_drift", "share_drift", "prediction_drift", "performance", "no_predictions"
]


@dataclass(frozen=True)
class Finding:
    """One limit that a night crossed.

    `key` names it across nights, so that one can say since when. A `fault` is wrong in the data themselves: a
    model trained on them would learn the fault.
    """

    kind: FindingKind
    column: str | None
    value: float | None
    limit: float | None
    sentence: str
    key: str
    fault: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        return asdict(self)


def judge(
    spec: ModelSpec,
    *,
    rows: int,
    validation: "ValidationResult | None",
    drifts: Sequence[ColumnDrift],
    performance: Performance | None,
) -> tuple[Finding, ...]:
    """Hold a night's measures against the spec's limits; what was due and is not there is a finding as well.

    Parameters
    ----------
    spec
        The model's spec, its tier's policy applied.
    rows
        How many predictions the champion made that night.
    validation
        The suite's result on their inputs; None only for a night without predictions.
    drifts
        What `airlock.monitoring.drift.measure` returned.
    performance
        What `airlock.monitoring.performance.measure` returned; None where no outcome is due yet. Outcomes
        that are late are no finding: their night is judged when they have arrived.
    """
    if not rows:
        return (*_no_predictions(spec), *_performance(spec, performance))
    return (
        *_suite(validation),
        *_columns(spec, drifts),
        *_share(spec, drifts),
        *_predictions(spec, drifts),
        *_performance(spec, performance),
    )


def asking_for_retraining(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that a new training could cure: none at all while any of them is a data fault."""
    found = tuple(findings)
    if any(finding.fault for finding in found):
        return ()
    return tuple(finding for finding in found if finding.kind != "suite")


def _no_predictions(spec: ModelSpec) -> Iterator[Finding]:
    if spec.deployment.batch:
        sentence = f"No prediction was recorded, although {spec.name} is scored every night."
        yield Finding("no_predictions", None, 0.0, None, sentence, "no_predictions", fault=True)


def _suite(validation: "ValidationResult | None") -> Iterator[Finding]:
    if validation is None:
        sentence = "The inputs were not held against the suite, so nothing is known about them."
        yield Finding("suite", None, None, None, sentence, "suite", fault=True)
        return
    for check in validation.checks:
        if not check.success and check.severity != "info":
            key = f"suite/{check.column or ''}/{check.expectation}"
            critical = check.severity == "critical"
            yield Finding("suite", check.column, None, None, check.sentence, key, fault=critical)


def _columns(spec: ModelSpec, drifts: Sequence[ColumnDrift]) -> Iterator[Finding]:
    limit = spec.monitoring.drift.psi
    for drift in drifts:
        key = f"column_drift/{drift.column}"
        if drift.part != "feature":
            continue
        if drift.psi is None:
            yield Finding("column_drift", drift.column, None, limit, fault_sentence(drift), key, fault=True)
        elif _over(spec, drift, limit):
            yield Finding("column_drift", drift.column, drift.psi, limit, drift_sentence(drift, limit), key)


def _share(spec: ModelSpec, drifts: Sequence[ColumnDrift]) -> Iterator[Finding]:
    limits = spec.monitoring.drift
    features = [drift for drift in drifts if drift.part == "feature"]
    shifted = [drift.column for drift in features if drift.psi is None or _over(spec, drift, limits.psi)]
    share = len(shifted) / max(len(features), 1)
    if share > limits.share:
        sentence = share_sentence(shifted, len(features), limits.share)
        yield Finding("share_drift", None, share, limits.share, sentence, "share_drift")


def _predictions(spec: ModelSpec, drifts: Sequence[ColumnDrift]) -> Iterator[Finding]:
    limit = spec.monitoring.drift.prediction_psi
    for drift in drifts:
        key = f"prediction_drift/{drift.column}"
        if drift.part != "answer":
            continue
        if drift.psi is None:
            yield Finding(
                "prediction_drift", drift.column, None, limit, fault_sentence(drift), key, fault=True
            )
        elif _over(spec, drift, limit):
            sentence = drift_sentence(drift, limit)
            yield Finding("prediction_drift", drift.column, drift.psi, limit, sentence, key)


def _performance(spec: ModelSpec, performance: Performance | None) -> Iterator[Finding]:
    asked = spec.monitoring.performance
    if asked is None or performance is None or performance.metrics is None:
        return
    for bound in asked.limits:
        value = performance.metrics.get(bound.metric)
        least, most = bound.at_least, bound.at_most
        kept = value is not None and (least is None or value >= least) and (most is None or value <= most)
        if not kept:
            limit = least if least is not None else most
            side = f"at least {figure(limit)}" if least is not None else f"at most {figure(limit)}"
            sentence = performance_sentence(performance, bound.metric, value, side)
            yield Finding("performance", bound.metric, value, limit, sentence, f"performance/{bound.metric}")


def _over(spec: ModelSpec, drift: ColumnDrift, limit: float) -> bool:
    """Say whether a column drifted: farther than the limit, and farther than chance would take it.

    A night with fewer rows than the spec asks for cannot say so. A chance that nobody knows excuses nothing.
    """
    if drift.psi is None or drift.rows < spec.monitoring.drift.minimum_rows:
        return False
    return drift.psi > limit and (drift.adjusted is None or drift.adjusted <= FALSE_DISCOVERIES)
