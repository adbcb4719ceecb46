"""ScoreOperator: score a night's rows with the champion."""

from typing import Any

from airflow.sdk import Context, timezone
from airflow.sdk.exceptions import AirflowSkipException

from airlock.operators.base import ModelOperator, connect, database
from airlock.operators.run import run_of
from airlock.settings import settings


class ScoreOperator(ModelOperator):
    """Score the rows of the night into the prediction log; skipped while no version is deployed."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.scoring import score_source
        from airlock.governance import deployments

        engine = database()
        with engine.connect() as connection:
            champion = deployments.champion(connection, self.model)
        if champion is None:
            raise AirflowSkipException(f"No version of {self.model} is deployed, so nothing can be scored.")
        return score_source(
            self.spec,
            champion,
            interval_end=run_of(context).interval_end,
            store=self.store,
            engine=engine,
            models=settings().models,
            connect=connect,
            at=timezone.utcnow(),
        )
