"""Making one candidate: split, fit, profile, package, track."""

from pathlib import Path
from typing import Any

from airlock.chain.lineage import Lineage
from airlock.data.snapshot import open_snapshot
from airlock.evaluation.figures import to_json
from airlock.monitoring.profile import profile
from airlock.package.package import build
from airlock.spec import ModelSpec
from airlock.store import Store
from airlock.training.candidate import fit
from airlock.training.split import split
from airlock.training.tracking import track


def make_candidate(
    spec: ModelSpec, name: str, lineage: Lineage, *, store: Store, models: Path
) -> dict[str, Any]:
    """Fit one candidate on the snapshot's training rows, package it, and track it in MLflow.

    The reference that nights are compared with is the hold-out: the newest of the training data where rows
    have a time, and rows on which the model's answers are not flattered by having learnt them.
    """
    table = open_snapshot(store, lineage.snapshot).table()
    parts = split(table, spec)
    fitted = fit(spec, name, table.take(parts.train), models=models)
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
        snapshot_digest=lineage.snapshot,
        code_version=lineage.code_version,
        models=models,
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
