"""CloseReleaseOperator: tell why a candidate was not released."""

from airflow.sdk import Context

from airlock.operators.base import database
from airlock.operators.links import run_link
from airlock.operators.mailing import mail_once
from airlock.operators.release_step import ReleaseStepOperator
from airlock.operators.run import run_of
from airlock.settings import settings
from airlock.spec.people import load_people


class CloseReleaseOperator(ReleaseStepOperator):
    """Mail the owner and the approvers why nothing was deployed; the decision itself is on record already."""

    def execute(self, context: Context) -> None:
        from airlock.governance import deployments, releases

        run = run_of(context)
        with database().connect() as connection:
            release, candidate = self.records(connection, context)
            answers = releases.approvals(connection, release.id)
            champion = deployments.champion(connection, self.model)
        mail_once(
            f"release/{release.id}/closed",
            {self.spec.owner.email, *load_people(settings().include).emails(self.spec.approval.approvers)},
            "release_closed",
            title=self.spec.title,
            model=self.model,
            version=candidate.version,
            state=release.state,
            reason=release.reason,
            opened_at=release.opened_at,
            approvals=[answer.sentence for answer in answers],
            champion_version=champion and champion.version,
            link=run_link(run.dag_id, run.run_id),
        )
