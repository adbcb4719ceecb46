"""Making one candidate: split, fit, profile, package, track."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airlock.chain.lineage import Lineage
from airlock.data.snapshot import open_snapshot
from airlock.evaluation.figures import to_json
from airlock.monitoring.background import background
from airlock.monitoring.profile import profile
from airlock.package.building import build
from airlock.package.fitted import Fitted
from airlock.package.package import Package
from airlock.spec import ModelSpec
from airlock.store import Store
from airlock.training.candidate import fit
from airlock.training.split import split
from airlock.training.tracking import track

if TYPE_CHECKING:
    import pyarrow as pa

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
    return note_made(spec, fitted, package, lineage)


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
    train, holdout = rows_of(spec, snapshot, store)
    fitted = fit(spec, name, train, models=models, parameters=parameters)
    return fitted, package_of(
        spec,
        fitted,
        train,
        holdout,
        snapshot=snapshot,
        code_version=code_version,
        store=store,
        models=models,
    )


def rows_of(spec: ModelSpec, snapshot: str, store: Store) -> "tuple[pa.Table, pa.Table]":
    """Return a snapshot's rows for training and those that are held out."""
    table = open_snapshot(store, snapshot).table()
    parts = split(table, spec)
    return table.take(parts.train), table.take(parts.holdout)


def package_of(
    spec: ModelSpec,
    fitted: Fitted,
    train: "pa.Table",
    holdout: "pa.Table",
    *,
    snapshot: str,
    code_version: str,
    store: Store,
    models: Path,
) -> Package:
    """Package a candidate with what it answers on the rows that were held out."""
    answers = fitted.answer(holdout)
    described = profile(holdout, fitted.signature.kinds, answers)
    return build(
        store,
        fitted,
        spec=spec,
        reference=holdout,
        answers=answers,
        profile=described | background(spec, described, train, holdout, answers),
        holdout=holdout,
        snapshot_digest=snapshot,
        code_version=code_version,
        models=models,
    )


def note_made(spec: ModelSpec, fitted: Fitted, package: Package, lineage: Lineage) -> dict[str, Any]:
    """Track a candidate in MLflow; return what the steps after training know it by."""
    run_id = track(
        fitted,
        package,
        experiment=spec.name,
        key=f"{lineage.dag_run_id}/{fitted.name}",
        tags=lineage.tags(spec.name, spec.digest),
    )
    return {
        "candidate": fitted.name,
        "package": package.digest,
        "mlflow_run_id": run_id,
        "cross_validation": to_json(fitted.cross_validation),
    }
