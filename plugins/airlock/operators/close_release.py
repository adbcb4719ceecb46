"""CloseReleaseOperator: tell why a candidate was not released."""

from airflow.sdk import Context

from airlock.operators.base import database
from airlock.operators.links import run_link
from airlock.operators.mailing import mail_once
from airlock.operators.release_step import ReleaseStepOperator
from airlock.operators.run import run_of


class CloseReleaseOperator(ReleaseStepOperator):
    """Mail the owner why nothing was deployed; the decision itself is on record already."""

    def execute(self, context: Context) -> None:
        run = run_of(context)
        with database().connect() as connection:
            release, candidate = self.records(connection)
        mail_once(
            f"release/{release.id}/closed",
            [self.spec.owner.email],
            "release_closed",
            title=self.spec.title,
            model=self.model,
            version=candidate.version,
            state=release.state,
            reason=release.reason,
            link=run_link(run.dag_id, run.run_id),
        )
