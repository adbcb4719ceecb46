"""Training a registered version again from its record, and comparing what comes out."""

import platform
from datetime import datetime
from importlib.metadata import version as installed
from typing import Any

import numpy as np

from airlock.chain.training import SPECS, make_package
from airlock.data.snapshot import open_snapshot
from airlock.digests import short
from airlock.governance.candidates import Candidate
from airlock.governance.records import RecordError
from airlock.governance.reproductions import Reproduction
from airlock.package.answers import Answers
from airlock.package.package import Package, open_package
from airlock.package.predictor import Predictor
from airlock.spec import ModelSpec
from airlock.store import Store
from airlock.training.split import split

#: Scores that lie no farther apart are the same: another order of additions moves the last digits.
SAME = 1e-9


def reproduce(
    candidate: Candidate,
    *,
    store: Store,
    dag_run_id: str,
    asked_by: str,
    code_version: str,
    at: datetime,
) -> Reproduction:
    """Train a version again from its snapshot, its spec, its own code and its seed, and compare.

    Raises
    ------
    StoreError
        When its package, its snapshot or its spec is missing, or no longer what its digest says.
    RecordError
        When it was not trained here, or this version of Airlock cannot read the spec it was trained by.
    """
    before = open_package(store, candidate.package_digest)
    if origin := before.provenance.get("external"):
        raise RecordError(
            f"{candidate.model} version {candidate.version} was not trained here: it is version "
            f"{origin['version']} of MLflow, which {origin['registered_by']} registered by hand. What it was "
            "trained on is not recorded, so it cannot be trained again."
        )
    spec = _spec_of(candidate, before, store)
    _, after = make_package(
        spec,
        before.provenance["candidate"],
        candidate.snapshot_digest,
        code_version=before.provenance["code_version"],
        store=store,
        models=before.code,
        parameters=before.provenance["parameters"] if before.provenance.get("refitted") else None,
    )
    difference, equal = _compared(before, after, spec, candidate.snapshot_digest, store)
    changed = _changed(before, code_version)
    identical = after.digest == before.digest
    same = identical or (difference <= SAME and equal == 1.0)
    return Reproduction(
        model=candidate.model,
        version=candidate.registered_version,
        candidate_id=candidate.id,
        dag_run_id=dag_run_id,
        asked_by=asked_by,
        package_digest=after.digest,
        identical=identical,
        same_answers=same,
        largest_difference=difference,
        equal_decisions=equal,
        changed=changed,
        sentence=_sentence(candidate, after, same=same, difference=difference, equal=equal, changed=changed),
        reproduced_at=at,
    )


def _spec_of(candidate: Candidate, package: Package, store: Store) -> ModelSpec:
    """Return the spec as it was, its features in their order, which the digest of a spec does not know."""
    kept = store.json(SPECS, candidate.spec_digest)
    columns = kept["data"]["columns"]
    kept["data"]["columns"] = {name: columns[name] for name in package.signature.kinds} | columns
    try:
        return ModelSpec.model_validate({**kept, "name": candidate.model})
    except ValueError as error:
        raise RecordError(
            f"{candidate.model} version {candidate.version} was trained by a spec that this version of "
            f"Airlock cannot read: {error}. Check out the code version its evidence names, and try there."
        ) from error


def _compared(
    before: Package, after: Package, spec: ModelSpec, snapshot: str, store: Store
) -> tuple[float, float]:
    """Return the largest difference of two scores and the share of equal predictions, on the hold-out."""
    table = open_snapshot(store, snapshot).table()
    rows = table.take(split(table, spec).holdout)
    one, other = (Predictor.load(package).predict_table(rows) for package in (before, after))
    return float(np.abs(one.scores - other.scores).max()), _equal(one, other)


def _equal(one: Answers, other: Answers) -> float:
    pairs = zip(one.predictions, other.predictions, strict=True)
    return sum(before == after for before, after in pairs) / len(one)


def _changed(before: Package, code_version: str) -> dict[str, Any]:
    """Return what is not as it was: recorded and present versions, by name."""
    recorded = {**before.provenance["libraries"], "airlock": before.provenance["code_version"]}
    own = {"python": platform.python_version(), "airlock": code_version}
    now = {name: own.get(name) or installed(name) for name in recorded}
    return {name: [recorded[name], now[name]] for name in recorded if recorded[name] != now[name]}


def _sentence(
    candidate: Candidate,
    after: Package,
    *,
    same: bool,
    difference: float,
    equal: float,
    changed: dict[str, Any],
) -> str:
    what = f"{candidate.model} version {candidate.version}"
    others = "; ".join(f"{name} was {then} and is {now}" for name, (then, now) in changed.items())
    told = f"Changed since: {others}." if others else "Nothing it was made with has changed."
    package = f"package {short(after.digest)}"
    if after.digest == candidate.package_digest:
        return f"{what}, trained again, is the same to the last byte ({package}). {told}"
    if same:
        return f"{what}, trained again, answers the same; its files differ ({package}). {told}"
    return (
        f"{what}, trained again, is another model: {1 - equal:.2%} of the held-out rows are decided "
        f"otherwise, and scores lie up to {difference:.2g} apart ({package}). {told}"
    )
