"""AdmitOperator: whether a model may be trained at all."""

from typing import Any

from airflow.sdk import Context

from airlock.operators.base import ModelOperator
from airlock.settings import settings


class AdmitOperator(ModelOperator):
    """Hold the model against the catalogue and its impact assessment; return the digest of what they say."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.admission import ADMISSIONS, admit

        admission = admit(self.spec, include=settings().include)
        return {"digest": self.store.keep_json(ADMISSIONS, admission.to_json())}
