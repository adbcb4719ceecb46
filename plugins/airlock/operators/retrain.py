"""RetrainOperator: ask for a training, with the cause."""

from typing import Any

from airflow.sdk import Context, timezone
from airflow.sdk.exceptions import AirflowSkipException

from airlock.operators.assets import retrain_asset
from airlock.operators.base import database
from airlock.operators.night_step import NightStepOperator
from airlock.operators.run import BY_SCHEDULE, Run, run_of
from airlock.settings import settings
from airlock.spec.durations import spell_duration
from airlock.spec.people import Act, load_people


class RetrainOperator(NightStepOperator):
    """Update the retrain asset where the night's findings may do so; skipped, saying why, where not.

    What a person's own run of the monitor asks for is that person's training, which they may not approve.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.retraining import ask_for_training

        run = run_of(context)
        if because := why_no_training(run):
            raise AirflowSkipException(because)
        by = run.dag_id if run.started_by == BY_SCHEDULE else run.started_by
        request = ask_for_training(
            self.spec,
            self.night(context),
            run_id=run.run_id,
            by=by,
            engine=database(),
            store=self.store,
            at=timezone.utcnow(),
        )
        if request.refused_because:
            raise AirflowSkipException(request.refused_because)
        history = self.spec.monitoring.retraining.history
        extra = {
            "cause": request.cause,
            "as_of": run.interval_end.isoformat(),
            "started_by": by,
            "mode": request.mode,
            "history": spell_duration(history) if history else None,
        }
        context["outlet_events"][retrain_asset(self.model)].extra = extra
        return extra


def why_no_training(run: Run) -> str | None:
    """Say why whoever started a run of the monitor may start no training by it; None where they may."""
    people = load_people(settings().include)
    if run.started_by == BY_SCHEDULE or people.may(run.started_by, Act.TRAIN):
        return None
    who = " or ".join(people.who_may(Act.TRAIN))
    return f"{run.started_by} had the night watched, and may start no training. {who} may."
