"""OpenReleaseOperator: put a registered candidate before its approvers."""

from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.assets import candidate_asset
from airlock.operators.base import ModelOperator, database
from airlock.operators.links import approval_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import event_extra, run_of


class OpenReleaseOperator(ModelOperator):
    """Record the release of the candidate that started the run, and mail the people who may approve it."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.evaluation.evidence import markdown
        from airlock.governance import candidates, releases

        run = run_of(context)
        version = context["params"].get("version") or event_extra(context, candidate_asset(self.model)).get(
            "version"
        )
        with database().begin() as connection:
            candidate = candidates.to_release(connection, self.model, version)
            release = releases.open_release(
                connection,
                candidate=candidate,
                dag_run_id=run.run_id,
                people=self.spec.approval.people,
                opened_at=timezone.utcnow(),
            )
        for slot in range(1, release.people + 1):
            mail_once(
                f"release/{release.id}/open/{slot}",
                self.spec.approval.approvers.values(),
                "approval_requested",
                title=self.spec.title,
                model=self.model,
                version=candidate.version,
                slot=slot,
                people=release.people,
                tier=self.spec.risk_tier,
                trained_by=candidate.trained_by,
                cause=candidate.cause,
                verdicts=[verdict["sentence"] for verdict in candidate.evidence["verdicts"]],
                evidence_digest=candidate.evidence_digest,
                timeout=self.spec.approval.timeout,
                link=approval_link(run.dag_id, run.run_id, f"approve_{slot}"),
            )
        return {
            "release": release.id,
            "version": candidate.version,
            "evidence": markdown(candidate.evidence),
            "evidence_digest": candidate.evidence_digest,
        }
