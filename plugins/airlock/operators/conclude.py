"""ConcludeOperator: from how a challenger ended to deploying or closing its release."""

from airflow.sdk import BaseBranchOperator, Context, timezone
from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.base import database
from airlock.operators.release_step import ReleaseStepOperator


class ConcludeOperator(ReleaseStepOperator, BaseBranchOperator):
    """
    Go on to `deploy` a challenger that has passed, and else close the release and go on to `close`.

    Reads the records, not the state of the task before: where that was marked as success, or gave up, there
    is no verdict, so the challenger is stopped and this task fails.
    """

    def choose_branch(self, context: Context) -> str:
        from airlock.governance import challengers, releases
        from airlock.governance.engine import lock

        with database().begin() as connection:
            lock(connection, f"deployment of {self.model}")
            release, _ = self.records(connection, context)
            challenger = challengers.of_release(connection, release.id)
            if challenger is None:
                raise AirflowFailException(
                    f"Release {release.id} of {self.model} has started no challenger. Clear challenge."
                )
            watched = challenger.ended_at is not None
            if not watched:
                because = (
                    f"Stopped: the task observe ended without a verdict on version {challenger.version}, so "
                    "nobody watches it any more. The champion answers alone. "
                    f"Trigger {self.model}.release again."
                )
                challenger = challengers.end(
                    connection, challenger, outcome="stopped", because=because, at=timezone.utcnow()
                )
            if challenger.outcome != "passed" and release.state == "approved":
                releases.close(
                    connection,
                    release.id,
                    state="failed",
                    reason=str(challenger.ended_because),
                    at=timezone.utcnow(),
                )
        if not watched:
            raise AirflowFailException(str(challenger.ended_because))
        self.log.info("Version %s %s: %s", challenger.version, challenger.outcome, challenger.ended_because)
        return "deploy" if challenger.outcome == "passed" else "close"
