"""RefuseOperator: record a candidate that failed its gates, and say why."""

from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.base import database
from airlock.operators.evidence_step import EvidenceStepOperator
from airlock.operators.links import dossier_link, mlflow_run_link, run_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import run_of


class RefuseOperator(EvidenceStepOperator):
    """Record the candidate as refused, with every failed gate, and mail the owner."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.registration import refuse_candidate
        from airlock.governance import deployments

        run = run_of(context)
        self.prove_own(context)
        candidate = refuse_candidate(
            self.model, self.evidence, self.dossier, store=self.store, engine=database(), at=timezone.utcnow()
        )
        with database().connect() as connection:
            champion = deployments.champion(connection, self.model)
        verdicts = candidate.evidence["verdicts"]
        mail_once(
            f"candidate/{candidate.id}/refused",
            {self.spec.owner.email, *self.spec.alerts.to},
            "candidate_refused",
            title=self.spec.title,
            model=self.model,
            best=candidate.evidence["best"],
            rows=candidate.evidence["rows"],
            failed=[verdict["sentence"] for verdict in verdicts if not verdict["passed"]],
            passed=[verdict["sentence"] for verdict in verdicts if verdict["passed"]],
            champion_version=champion and champion.version,
            trained_by=candidate.trained_by,
            cause=candidate.cause,
            link=run_link(run.dag_id, run.run_id),
            dossier=dossier_link(self.dossier),
            mlflow=mlflow_run_link(candidate.mlflow_run_id),
        )
        return {"candidate": candidate.id, "reason": candidate.reason}
