"""OpenReleaseOperator: put a registered candidate before its approvers."""

from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.assets import candidate_asset
from airlock.operators.base import ModelOperator, database
from airlock.operators.run import event_extra, run_of


class OpenReleaseOperator(ModelOperator):
    """Record the release of the candidate that started the run, and return the evidence to decide by."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.evaluation.evidence import markdown
        from airlock.governance import candidates, releases

        event = event_extra(context, candidate_asset(self.model))
        with database().begin() as connection:
            candidate = candidates.to_release(
                connection, self.model, context["params"].get("version") or event.get("version")
            )
            release = releases.open_release(
                connection,
                candidate=candidate,
                dag_run_id=run_of(context).run_id,
                people=self.spec.approval.people,
                opened_at=timezone.utcnow(),
            )
        return {
            "release": release.id,
            "version": candidate.version,
            "evidence": markdown(candidate.evidence),
            "evidence_digest": candidate.evidence_digest,
        }
