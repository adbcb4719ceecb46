"""Watching a night: from the prediction log and the outcomes to findings, on record."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Engine

from airlock.chain.known_outcomes import known_outcomes
from airlock.data.read import NoRows
from airlock.data.suite import SUITE_FILE
from airlock.data.validation import ValidationResult, load_suite, validate
from airlock.data.window import Window, night_of
from airlock.governance import candidates, deployments, nights
from airlock.governance.nights import Night
from airlock.governance.predictions import of_window
from airlock.monitoring import drift, performance
from airlock.monitoring.night import judge
from airlock.monitoring.performance import Performance
from airlock.package.package import Package, open_package
from airlock.spec import ModelSpec
from airlock.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

Connect = Callable[[str], Engine]


class NothingDeployed(Exception):
    """There is no champion to watch."""


def watch(
    spec: ModelSpec,
    *,
    interval_end: datetime,
    store: Store,
    engine: Engine,
    models: Path,
    connect: Connect,
    at: datetime,
) -> Night:
    """Measure the night that a data interval ends after, judge it, and record it.

    Raises
    ------
    NothingDeployed
        When the model has no champion and has answered nothing that night.
    """
    window = night_of(interval_end)
    predictions = night_predictions(spec, window, store, engine)
    version, package = answering(spec, predictions, store, engine)
    features = predictions.select(list(spec.data.features))
    validation = _validated(spec, features, models)
    drifts = drift.measure(package.profile(), [predictions]) if len(predictions) else ()
    seen = _performance(spec, window, store, engine, models, connect)
    findings = judge(spec, rows=len(predictions), validation=validation, drifts=drifts, performance=seen)
    night = Night(
        model=spec.name,
        night=window.night,
        version=version,
        rows=len(predictions),
        measures=_measures(validation, drifts, seen, drawn={finding.column for finding in findings}),
        findings=[finding.to_json() for finding in findings],
        report=None,
        measured_at=at,
    )
    with engine.begin() as connection:
        nights.record(connection, night)
    return night


def night_predictions(spec: ModelSpec, window: Window, store: Store, engine: Engine) -> "pa.Table":
    """Return what was answered about the events of a window, smoke tests left out."""
    kinds = {name: spec.data.columns[name].kind for name in spec.data.features}
    with engine.connect() as connection:
        return of_window(connection, spec.name, window, kinds=kinds, store=store)


def answering(spec: ModelSpec, predictions: "pa.Table", store: Store, engine: Engine) -> tuple[int, Package]:
    """Return the version that gave most answers, or the champion where there are none, and its package."""
    answered = Counter(predictions["version"].to_pylist())
    with engine.connect() as connection:
        if answered:
            candidate = candidates.find_version(connection, spec.name, answered.most_common(1)[0][0])
        else:
            champion = deployments.champion(connection, spec.name)
            candidate = candidates.find(connection, champion.candidate_id) if champion else None
    if candidate is None or candidate.version is None:
        raise NothingDeployed(f"No version of {spec.name} is deployed or has answered: nothing to watch.")
    return candidate.version, open_package(store, candidate.package_digest)


def _validated(spec: ModelSpec, features: "pa.Table", models: Path) -> ValidationResult | None:
    if not len(features):
        return None
    return validate(features, load_suite(models / spec.name / SUITE_FILE), columns=spec.data.features)


def _performance(
    spec: ModelSpec, night: Window, store: Store, engine: Engine, models: Path, connect: Connect
) -> Performance | None:
    """Measure the cohort whose outcomes had time to arrive by the night's end."""
    asked, end = spec.monitoring.performance, night.end
    if asked is None or end is None:
        return None
    until = end - spec.data.outcome_delay
    cohort = Window(until - asked.window, until)
    predictions = night_predictions(spec, cohort, store, engine)
    if not len(predictions):
        return None
    try:
        known = known_outcomes(
            spec, cohort, as_of=end.astimezone(UTC), engine=engine, models=models, connect=connect
        )
    except NoRows as error:
        return Performance(len(predictions), 0, None, None, metrics=None, reason=str(error))
    return performance.measure(spec, predictions, known)


def _measures(
    validation: ValidationResult | None, drifts: Any, seen: Performance | None, *, drawn: set[str | None]
) -> dict[str, Any]:
    """Return what is recorded; bars are kept of the columns to be drawn, those that a finding speaks of."""
    return {
        "suite": validation and {"checks": len(validation.checks), "failed": len(validation.failed)},
        "drift": [
            asdict(column if column.column in drawn else replace(column, bars=())) for column in drifts
        ],
        "performance": seen and seen.to_json(),
    }
