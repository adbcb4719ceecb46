"""RefuseOperator: record a candidate that failed its gates, and say why."""

from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.base import database
from airlock.operators.evidence_step import EvidenceStepOperator
from airlock.operators.links import run_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import run_of


class RefuseOperator(EvidenceStepOperator):
    """Record the candidate as refused, with every failed gate, and mail the owner."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.registration import refuse_candidate

        run = run_of(context)
        candidate = refuse_candidate(
            self.model, self.evidence, store=self.store, engine=database(), at=timezone.utcnow()
        )
        mail_once(
            f"candidate/{candidate.id}/refused",
            {self.spec.owner.email, *self.spec.alerts.to},
            "candidate_refused",
            title=self.spec.title,
            model=self.model,
            candidate=candidate.evidence["best"],
            failed=[verdict["sentence"] for verdict in candidate.evidence["verdicts"] if not verdict["passed"]],
            cause=candidate.cause,
            trained_by=candidate.trained_by,
            link=run_link(run.dag_id, run.run_id),
        )
        return {"candidate": candidate.id, "reason": candidate.reason}
