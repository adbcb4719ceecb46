"""DecideOperator: from the recorded human responses to a decision."""

from airflow.sdk import BaseBranchOperator, Context, timezone

from airlock.operators.base import database
from airlock.operators.release_step import ReleaseStepOperator


class DecideOperator(ReleaseStepOperator, BaseBranchOperator):
    """Read who answered what, decide by the policy's rule, record it, and go on to deploy or to close."""

    def choose_branch(self, context: Context) -> str:
        from airlock.governance import candidates, releases
        from airlock.governance.decision import decide

        with database().begin() as connection:
            release, candidate = self.records(connection, context)
            decision = decide(
                release,
                releases.approvals(connection, release.id),
                approvers=frozenset(self.spec.approval.approvers),
                trained_by=candidate.trained_by,
                newer=candidates.newest_registered(connection, self.model),
            )
            releases.close(
                connection, release.id, state=decision.state, reason=decision.reason, at=timezone.utcnow()
            )
        self.log.info("Release %s: %s. %s", release.id, decision.state, decision.reason)
        return "deploy" if decision.state == "approved" else "close"
