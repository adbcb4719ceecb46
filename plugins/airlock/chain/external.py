"""Taking in a version that somebody registered in MLflow by hand, as a candidate like any other."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from airlock.chain.lineage import Lineage
from airlock.chain.training import SPECS, note_made, package_of, rows_of
from airlock.governance import audit_log, candidates
from airlock.governance.intake import FOUND
from airlock.governance.tables import audit_log as log
from airlock.governance.tables import candidates as candidates_table
from airlock.spec import ModelSpec
from airlock.store import Store
from airlock.training.errors import ExternalError
from airlock.training.external import adopt
from airlock.training.external_versions import Registered, find, load, registered_by_hand


def take_in(
    spec: ModelSpec, version: int, lineage: Lineage, *, store: Store, engine: Engine, models: Path
) -> dict[str, Any]:
    """Package a version of MLflow and track it; return what the steps after training know it by.

    Raises
    ------
    ExternalError
        When Airlock registered that version itself, it cannot be loaded, or does not answer the spec's
        question.
    """
    with engine.connect() as connection:
        own = candidates.find_version(connection, spec.name, version)
    if own is not None:
        raise ExternalError(
            f"{spec.name} version {version} was registered by Airlock itself (run {own.dag_run_id}), so it "
            f"was evaluated then. Trigger {spec.name}.release with that version instead."
        )
    store.keep_json(SPECS, spec.model_dump(mode="json"))
    pipeline, origin, warnings = load(find(spec.name, version), models=models)
    train, holdout = rows_of(spec, lineage.snapshot, store)
    fitted = adopt(spec, pipeline, origin, train=train, holdout=holdout, warnings=warnings)
    package = package_of(
        spec,
        fitted,
        train,
        holdout,
        snapshot=lineage.snapshot,
        code_version=lineage.code_version,
        store=store,
        models=models,
    )
    return note_made(spec, fitted, package, lineage)


def note_found(connection: Connection, model: str, *, actor: str, run: str, at: Any) -> list[Registered]:
    """Return the versions of a model that this run is the first to find, and append each to the audit log.

    A run that does this again returns the same: they are its own.
    """
    seen = {
        int(entry.facts["version"]): entry.run
        for entry in audit_log.entries(connection, log.c.act == FOUND, log.c.model == model)
    }
    query = sa.select(candidates_table.c.version).where(
        candidates_table.c.model == model, candidates_table.c.version.is_not(None)
    )
    known = set(connection.execute(query).scalars()) | {version for version, by in seen.items() if by != run}
    found = registered_by_hand(model, known)
    for one in found:
        if one.version not in seen:
            facts = {
                "version": one.version,
                "registered_by": one.registered_by,
                "mlflow_run_id": one.mlflow_run_id,
                "source": one.source,
            }
            audit_log.append(connection, FOUND, actor=actor, at=at, model=model, run=run, facts=facts)
    return found
