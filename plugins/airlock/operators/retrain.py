"""RetrainOperator: ask for a training, with the cause."""

from typing import Any

from airflow.sdk import Context, timezone
from airflow.sdk.exceptions import AirflowSkipException

from airlock.operators.assets import retrain_asset
from airlock.operators.base import database
from airlock.operators.night_step import NightStepOperator
from airlock.operators.run import run_of


class RetrainOperator(NightStepOperator):
    """Update the retrain asset where the night's findings may do so; skipped, saying why, where not."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.retraining import retraining
        from airlock.governance import nights

        run = run_of(context)
        night = self.night(context)
        request = retraining(self.spec, night, run_id=run.run_id, engine=database())
        if request.refused_because:
            raise AirflowSkipException(request.refused_because)
        with database().begin() as connection:
            nights.note_asking(
                connection, self.model, night.night, run.run_id, cause=request.cause, at=timezone.utcnow()
            )
        extra = {"cause": request.cause, "as_of": run.interval_end.isoformat(), "started_by": run.dag_id}
        context["outlet_events"][retrain_asset(self.model)].extra = extra
        return extra
