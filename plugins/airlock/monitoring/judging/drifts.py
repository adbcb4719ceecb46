"""Whether inputs and answers lie too far from the training data."""

from collections.abc import Iterator, Sequence

from airlock.monitoring.chance import FALSE_DISCOVERIES
from airlock.monitoring.drift import ColumnDrift
from airlock.monitoring.finding import Finding
from airlock.monitoring.sentences import drift_sentence, fault_sentence, share_sentence
from airlock.spec import ModelSpec


def judge(spec: ModelSpec, drifts: Sequence[ColumnDrift]) -> Iterator[Finding]:
    """Yield the features that drifted, too many of them at once, and the answers that did."""
    yield from _columns(spec, drifts)
    yield from _share(spec, drifts)
    yield from _predictions(spec, drifts)


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


def _over(spec: ModelSpec, drift: ColumnDrift, limit: float) -> bool:
    """Say whether a column drifted: farther than the limit, and farther than chance would take it.

    A night with fewer rows than the spec asks for cannot say so. A chance that nobody knows excuses nothing.
    """
    if drift.psi is None or drift.rows < spec.monitoring.drift.minimum_rows:
        return False
    return drift.psi > limit and (drift.adjusted is None or drift.adjusted <= FALSE_DISCOVERIES)
