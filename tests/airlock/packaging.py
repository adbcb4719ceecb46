"""Packages for tests, made as the chain makes them."""

from pathlib import Path

import pyarrow as pa

from airlock.package.building import build
from airlock.package.fitted import Fitted
from airlock.package.package import Package
from airlock.spec import ModelSpec
from airlock.store import Store
from airlock.training.candidate import fit
from airlock.training.split import split


def fit_and_build(spec: ModelSpec, name: str, table: pa.Table, folder: Path) -> tuple[Fitted, Package]:
    """Split, fit and package one candidate in a folder that holds models/ and store/."""
    parts = split(table, spec)
    models = folder / "models"
    (models / spec.name).mkdir(parents=True, exist_ok=True)
    fitted = fit(spec, name, table.take(parts.train), models=models)
    holdout = table.take(parts.holdout)
    package = build(
        Store(folder / "store"),
        fitted,
        spec=spec,
        reference=holdout,
        answers=fitted.answer(holdout),
        profile={"rows": holdout.num_rows},
        holdout=holdout,
        snapshot_digest="5" * 64,
        code_version="c0de",
        models=models,
    )
    return fitted, package
