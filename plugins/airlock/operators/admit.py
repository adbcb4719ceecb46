"""AdmitOperator: whether a model may be trained at all."""

from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.assets import retrain_asset
from airlock.operators.authority import authorise_person, record_refusal
from airlock.operators.base import ModelOperator, database
from airlock.operators.run import BY_A_TASK, MadeByHand, event_extra, name_of_run, run_of
from airlock.settings import settings
from airlock.spec.people import Act


class AdmitOperator(ModelOperator):
    """Hold who asks against people.yaml, and the model against the catalogue and its impact assessment.

    Returns the digest of what it was admitted on. What the monitor asked for is linked to its incidents.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.admission import ADMISSIONS, admit
        from airlock.chain.night_incidents import link_training

        try:
            run = run_of(context, retrain_asset(self.model))
        except MadeByHand as error:
            record_refusal(context, Act.TRAIN, "unknown", str(error))
            raise
        if context["dag_run"].run_type != BY_A_TASK:  # then it is the intake's, which the log has shown
            authorise_person(context, Act.TRAIN)
        admission = admit(self.spec, include=settings().include)
        if event_extra(context, retrain_asset(self.model)):
            link_training(database(), self.model, run=name_of_run(run), at=timezone.utcnow())
        return {"digest": self.store.keep_json(ADMISSIONS, admission.to_json())}
