"""PlanScoringOperator: which version scores the night, and in which parts."""

from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from airlock.operators.base import ModelOperator, database
from airlock.operators.run import run_of


class PlanScoringOperator(ModelOperator):
    """Prove the champion and divide the night; skipped where nothing is deployed or all is answered."""

    def execute(self, context: Context) -> list[dict[str, Any]]:
        from airlock.chain.scoring import NothingToScore, plan

        try:
            parts = plan(self.spec, interval_end=run_of(context).interval_end, engine=database())
        except NothingToScore as nothing:
            raise AirflowSkipException(str(nothing)) from nothing
        self.log.info("Version %s scores the night %s.", parts[0].version, parts[0].night)
        return [part.to_json() for part in parts]
