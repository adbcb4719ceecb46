"""AdmitOperator: whether a model may be trained at all."""

from typing import Any

from airflow.sdk import Context

from airlock.operators.authority import authorise
from airlock.operators.base import ModelOperator
from airlock.settings import settings
from airlock.spec.people import Act


class AdmitOperator(ModelOperator):
    """Hold who asks against people.yaml, and the model against the catalogue and its impact assessment.

    Returns the digest of what it was admitted on.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.admission import ADMISSIONS, admit

        if context["dag_run"].triggering_user_name:
            authorise(context, Act.TRAIN)
        admission = admit(self.spec, include=settings().include)
        return {"digest": self.store.keep_json(ADMISSIONS, admission.to_json())}
