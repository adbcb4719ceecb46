"""RegisterOperator: make a candidate that passed its gates a registered version."""

from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.assets import candidate_asset
from airlock.operators.base import database
from airlock.operators.evidence_step import EvidenceStepOperator


class RegisterOperator(EvidenceStepOperator):
    """Register the version in MLflow with its lineage, record the candidate, and start its release."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.registration import register_candidate

        candidate = register_candidate(
            self.model, self.evidence, self.dossier, store=self.store, engine=database(), at=timezone.utcnow()
        )
        facts = {"candidate": candidate.id, "version": candidate.version, "dossier_digest": self.dossier}
        context["outlet_events"][candidate_asset(self.model)].extra = facts
        return facts
