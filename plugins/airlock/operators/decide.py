"""DecideOperator: from the recorded human responses to a decision."""

from airflow.sdk import BaseBranchOperator, Context, timezone
from airflow.sdk.exceptions import AirflowSkipException

from airlock.operators.base import database
from airlock.operators.release_step import ReleaseStepOperator
from airlock.operators.run import run_of


class DecideOperator(ReleaseStepOperator, BaseBranchOperator):
    """
    Read who answered what, decide by the policy's rule, and record it.

    Goes on to `deploy` what is approved, to `challenge` where it must first run beside what serves, and else
    to `close`. How the approvals' tasks ended only says why an answer is missing; it approves nothing.
    """

    def choose_branch(self, context: Context) -> str:
        from airlock.governance import approvals, candidates, deployments, releases
        from airlock.governance.decision import decide

        if not self.release:
            raise AirflowSkipException(
                "No release was opened, so there is nothing to decide: see the task open."
            )
        with database().begin() as connection:
            release, candidate = self.records(connection, context, lock=True)
            if not releases.NEXT[release.state]:
                self.log.info("Release %s is %s already. %s", release.id, release.state, release.reason)
                return "close"
            decision = decide(
                release,
                approvals.of_release(connection, release.id),
                approvers=frozenset(self.spec.approval.approvers),
                makers=candidate.makers,
                newer=candidates.newest_registered(connection, self.model),
                endings=_endings(context, release.people),
            )
            releases.close(
                connection, release.id, state=decision.state, reason=decision.reason, at=timezone.utcnow()
            )
            serves = deployments.champion(connection, self.model) is not None
        self.log.info("Release %s: %s. %s", release.id, decision.state, decision.reason)
        if decision.state != "approved":
            return "close"
        return "challenge" if serves and release.way != "full" else "deploy"


def _endings(context: Context, people: int) -> dict[int, str | None]:
    """Return, by slot, the state in which each approval's task ended."""
    run = run_of(context)
    states = context["ti"].get_task_states(dag_id=run.dag_id, run_ids=[run.run_id]).get(run.run_id, {})
    return {slot: states.get(f"approve_{slot}") for slot in range(1, people + 1)}
