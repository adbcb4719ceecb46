"""Watching a night: from the prediction log and the outcomes to findings, on record."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from airlock.chain.night_cause import cause_of
from airlock.chain.night_estimate import measure_estimates
from airlock.chain.night_fairness import measure_fairness
from airlock.chain.night_indicators import measure_indicators
from airlock.chain.night_outcomes import Connect, cohort_of, measure_outcomes
from airlock.chain.night_rows import night_rows
from airlock.chain.night_rules import JUDGED_BY, rules_of
from airlock.chain.night_service import measure_service
from airlock.chain.recent_nights import FARTHEST, recent_nights
from airlock.data.rows import speaks_of_rows
from airlock.data.suite import Suite
from airlock.data.validation import ValidationResult, validate
from airlock.data.window import Window, night_of
from airlock.governance import candidates, deletions, deployments, nights
from airlock.governance.nights import Night
from airlock.governance.prediction_table import schema
from airlock.governance.predictions import versions_of_window
from airlock.monitoring import drift
from airlock.monitoring.measures import Measures
from airlock.monitoring.night import judge
from airlock.monitoring.tally import PREDICTION, SCORE
from airlock.monitoring.thinning import Thinned
from airlock.package.package import Package, open_package
from airlock.spec import ModelSpec
from airlock.spec.schedule import fires_on
from airlock.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

#: Great Expectations needs a table: of a longer night it gets an even sample of this many rows at most.
MOST_VALIDATED = 200_000


class NothingDeployed(Exception):
    """There is no champion to watch."""


class NightNotOver(Exception):
    """The night ends in the future, so nothing can be said of it yet."""


class AnswersDeleted(Exception):
    """What was answered that night is past its time, so the night cannot be measured again."""


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

    Measured again, a night looks as it did: by the version that answered it, or that served at its end, by
    what was known at its end, and by what had been reported when it was measured first. `measured_at` stays,
    and so do the spec and the suite that judged it then.

    Raises
    ------
    NightNotOver
        When the night ends after `at`.
    NothingDeployed
        When the model has no champion and has answered nothing that night.
    AnswersDeleted
        When retention has deleted answers of the night, or of those whose outcomes it is judged by, since it
        was measured first. A night newer than all on record is measured with what is there.
    RulesUnreadable
        When it was judged by a spec that this version of Airlock cannot read.
    """
    import pyarrow.compute as pc

    window = _over(night_of(interval_end), at)
    recorded = _recorded(spec, window, engine)
    rules = rules_of(spec, recorded, store=store, models=models)
    spec = rules.spec
    _refuse_deleted(spec, window, recorded, engine)
    version, package = answering(spec, window, store, engine)
    thinned = Thinned(_judged_columns(package), MOST_VALIDATED)
    pieces = night_rows(package, window, store, engine)
    measured = drift.measure(package.profile(), thinned.passing(pieces))
    drifts = measured if thinned.rows else ()
    inputs = thinned.table().select(list(package.signature.kinds))
    validation = _validated(spec, inputs, rules.suite(models)) if thinned.rows else None
    measured_at = recorded.measured_at if recorded else at
    seen, outcomes = measure_outcomes(spec, window, store, engine, models, connect, heard_by=measured_at)
    estimates = measure_estimates(spec, window, package, version, store, engine)
    measures = Measures(
        thinned.rows,
        validation,
        drifts,
        seen,
        estimates,
        measure_fairness(spec, window, outcomes, store, engine, models, connect),
        indicators=measure_indicators(spec, window, models, connect),
        service=measure_service(spec.name, window, engine),
        due=_scoring_due(spec, window),
    )
    findings = judge(spec, measures)
    same_version = None if outcomes is None else outcomes.filter(pc.equal(outcomes["version"], version))
    recent = partial(recent_nights, package, version, window, store, engine)
    cause = cause_of(spec, package, window.night, thinned.table(), same_version, findings, recent)
    night = Night(
        model=spec.name,
        night=window.night,
        version=version,
        rows=thinned.rows,
        measures={
            **measures.to_json(drawn={finding.column for finding in findings}),
            "cause": cause and cause.to_json(),
            JUDGED_BY: rules.to_json(),
        },
        findings=[finding.to_json() for finding in findings],
        report=None,
        measured_at=measured_at,
    )
    with engine.begin() as connection:
        nights.record(connection, night)
    return night


def answering(spec: ModelSpec, night: Window, store: Store, engine: Engine) -> tuple[int, Package]:
    """Return the version that gave most answers, and its package.

    Without answers it is what served at the night's end, or the first there was where that came later: never
    what serves today, which another day may answer otherwise.
    """
    with engine.connect() as connection:
        answered = versions_of_window(connection, spec.name, night)
        if answered:
            candidate = candidates.find_version(
                connection, spec.name, max(answered, key=lambda version: (answered[version], version))
            )
        else:
            champion = deployments.champion(connection, spec.name, at=night.end) or deployments.first(
                connection, spec.name
            )
            candidate = candidates.find(connection, champion.candidate_id) if champion else None
    if candidate is None or candidate.version is None:
        raise NothingDeployed(f"No version of {spec.name} is deployed or has answered: nothing to watch.")
    return candidate.version, open_package(store, candidate.package_digest)


def _judged_columns(package: Package) -> "pa.Schema":
    import pyarrow as pa

    kinds = package.signature.kinds
    return pa.schema([schema(kinds).field(name) for name in (*kinds, SCORE, PREDICTION)])


def _refuse_deleted(spec: ModelSpec, night: Window, recorded: Night | None, engine: Engine) -> None:
    cohort = cohort_of(spec, night) or night
    assert night.start is not None and night.end is not None and cohort.start is not None
    starts = [night.start - FARTHEST, cohort.start]
    if spec.monitoring.fairness:
        starts.append(night.end - spec.monitoring.fairness.window)
    with engine.connect() as connection:
        newest = nights.newest(connection, spec.name)
        deletion = deletions.newest_between(connection, spec.name, min(starts), night.end)
    if newest is None or night.night > newest or deletion is None:
        return
    if recorded is None or deletion.deleted_at > recorded.measured_at:
        raise AnswersDeleted(
            f"Answers that the night {night.night} of {spec.name} is judged by were deleted by retention on "
            f"{deletion.deleted_at:%Y-%m-%d} (deletion {deletion.id}). What was recorded of the night stays."
        )


def _over(night: Window, at: datetime) -> Window:
    assert night.end is not None
    if night.end > at:
        raise NightNotOver(
            f"The night {night.night} is over at {night.end:%Y-%m-%d %H:%M} UTC, and it is "
            f"{at:%Y-%m-%d %H:%M} now: it cannot be judged. Trigger the run with a data interval that ends "
            "today or before."
        )
    return night


def _recorded(spec: ModelSpec, night: Window, engine: Engine) -> Night | None:
    """Return the night's record, unless it was made before the night was over: that one says nothing."""
    with engine.connect() as connection:
        found = nights.find(connection, spec.name, night.night)
    return found if found and night.end and found.measured_at >= night.end else None


def _validated(spec: ModelSpec, inputs: "pa.Table", suite: Suite) -> ValidationResult:
    """Hold the inputs against the suite; few rows only against what every row must meet by itself."""
    few = inputs.num_rows < spec.monitoring.drift.minimum_rows
    if few:
        suite = Suite(suite.name, tuple(filter(speaks_of_rows, suite.expectations)))
    return validate(inputs, suite, columns=inputs.column_names, few=few)


def _scoring_due(spec: ModelSpec, night: Window) -> bool:
    batch = spec.deployment.batch
    return batch is not None and night.end is not None and fires_on(batch.schedule, night.end.date())
