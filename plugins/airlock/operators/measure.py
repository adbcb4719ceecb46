"""MeasureOperator: what the night's predictions looked like, against the training data."""

from typing import Any

from airflow.sdk import Context, timezone
from airflow.sdk.exceptions import AirflowSkipException

from airlock.operators.base import ModelOperator, connect, database
from airlock.operators.run import run_of
from airlock.settings import settings


class MeasureOperator(ModelOperator):
    """Measure the night, hold it against the spec's limits and record it; doing so again replaces it."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.night_rules import RulesUnreadable
        from airlock.chain.watch import AnswersDeleted, NothingDeployed, watch

        try:
            night = watch(
                self.spec,
                interval_end=run_of(context).interval_end,
                store=self.store,
                engine=database(),
                models=settings().models,
                connect=connect,
                at=timezone.utcnow(),
            )
        except (NothingDeployed, AnswersDeleted, RulesUnreadable) as nothing:
            raise AirflowSkipException(str(nothing)) from nothing
        for finding in night.findings:
            self.log.warning(finding["sentence"])
        return {"night": night.night.isoformat(), "rows": night.rows, "findings": len(night.findings)}
