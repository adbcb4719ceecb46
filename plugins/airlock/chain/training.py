"""Making one candidate: split, fit, profile, package, track."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airlock.chain.lineage import Lineage
from airlock.data.snapshot import open_snapshot
from airlock.evaluation.figures import to_json
from airlock.monitoring.profile import profile
from airlock.package.fitted import Fitted
from airlock.package.package import Package, build
from airlock.spec import ModelSpec
from airlock.store import Store
from airlock.training.candidate import fit
from airlock.training.split import split
from airlock.training.tracking import track

#: Where specs are kept as they were when something was trained by them, by `ModelSpec.digest`.
SPECS = "specs"


def make_candidate(
    spec: ModelSpec,
    name: str,
    lineage: Lineage,
    *,
    store: Store,
    models: Path,
    parameters: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Fit one candidate on the snapshot's training rows, package it, and track it in MLflow."""
    store.keep_json(SPECS, spec.model_dump(mode="json"))
    fitted, package = make_package(
        spec,
        name,
        lineage.snapshot,
        code_version=lineage.code_version,
        store=store,
        models=models,
        parameters=parameters,
    )
    run_id = track(
        fitted,
        package,
        experiment=spec.name,
        key=f"{lineage.dag_run_id}/{name}",
        tags=lineage.tags(spec.name, spec.digest),
    )
    return {
        "candidate": name,
        "package": package.digest,
        "mlflow_run_id": run_id,
        "cross_validation": to_json(fitted.cross_validation),
    }


def make_package(
    spec: ModelSpec,
    name: str,
    snapshot: str,
    *,
    code_version: str,
    store: Store,
    models: Path,
    parameters: Mapping[str, Any] | None = None,
) -> tuple[Fitted, Package]:
    """Fit one candidate on the snapshot's training rows and package it; the same input gives the same bytes.

    The reference that nights are compared with is the hold-out: the newest of the training data where rows
    have a time, and rows on which the model's answers are not flattered by having learnt them.

    Parameters
    ----------
    parameters
        Fit with exactly these and search for none; by default as the spec says.
    """
    table = open_snapshot(store, snapshot).table()
    parts = split(table, spec)
    fitted = fit(spec, name, table.take(parts.train), models=models, parameters=parameters)
    reference = table.take(parts.holdout)
    answers = fitted.answer(reference)
    package = build(
        store,
        fitted,
        spec=spec,
        reference=reference,
        answers=answers,
        profile=profile(reference, fitted.signature.kinds, answers),
        holdout=reference,
        snapshot_digest=snapshot,
        code_version=code_version,
        models=models,
    )
    return fitted, package
