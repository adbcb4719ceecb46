"""RegisterOperator: make a candidate that passed its gates a registered version."""

from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.assets import candidate_asset
from airlock.operators.base import database
from airlock.operators.close_release import mail_closed
from airlock.operators.evidence_step import EvidenceStepOperator


class RegisterOperator(EvidenceStepOperator):
    """Register the version in MLflow with its lineage, record the candidate, and start its release.

    Releases of older candidates that were still open have ended with that, and their approvers are told.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.registration import register_candidate
        from airlock.governance import releases

        self.prove_own(context)
        candidate = register_candidate(
            self.model, self.evidence, self.dossier, store=self.store, engine=database(), at=timezone.utcnow()
        )
        with database().connect() as connection:
            superseded = releases.superseded_by(connection, candidate)
        for release in superseded:
            mail_closed(self.spec, release)
        facts = {"candidate": candidate.id, "version": candidate.version, "dossier_digest": self.dossier}
        context["outlet_events"][candidate_asset(self.model)].extra = facts
        return facts
