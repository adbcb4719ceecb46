"""SnapshotOperator: freeze what a training may see."""

from typing import Any

from airflow.sdk import Context

from airlock.code_version import code_version
from airlock.operators.assets import retrain_asset
from airlock.operators.base import ModelOperator, connect
from airlock.operators.run import run_of
from airlock.settings import settings


class SnapshotOperator(ModelOperator):
    """Read the training rows known as of the run's moment into an immutable snapshot; return its digest."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.data.snapshot import take_snapshot

        run = run_of(context, retrain_asset(self.model))
        self.log.info("Snapshot of %s as of %s; cause: %s", self.model, run.as_of.isoformat(), run.cause)
        snapshot = take_snapshot(
            self.spec,
            as_of=run.as_of,
            store=self.store,
            models=settings().models,
            connect=connect,
            code_version=code_version(),
            history=run.history,
        )
        return {"digest": snapshot.digest, "rows": snapshot.manifest["rows"]}
