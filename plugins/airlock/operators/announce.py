"""AnnounceOperator: tell everybody who is the champion now."""

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from airlock.operators.assets import champion_asset
from airlock.operators.base import database
from airlock.operators.links import run_link
from airlock.operators.mailing import mail_once
from airlock.operators.release_step import ReleaseStepOperator
from airlock.operators.run import run_of
from airlock.operators.showing import show, show_champion
from airlock.settings import settings


class AnnounceOperator(ReleaseStepOperator):
    """Mail the deployment, show it in MLflow as the alias `champion`, and update the champion asset.

    Where something else serves by now, MLflow shows that, and nobody is told of what was overtaken.
    """

    def execute(self, context: Context) -> None:
        from airlock.governance import approvals, deployments

        run = run_of(context)
        with database().connect() as connection:
            release, candidate = self.records(connection, context)
            deployment, before = deployments.of_release(connection, release.id)
            answers = approvals.of_release(connection, release.id)
        champion = show_champion(self.model)
        show(release.id)
        if champion is None or champion.release_id != release.id:
            now = f"version {champion.version} does" if champion else "nothing does"
            raise AirflowSkipException(f"Version {deployment.version} does not serve any more, {now}.")
        mail_once(
            f"release/{release.id}/deployed",
            {self.spec.owner.email, *self.spec.alerts.to},
            "deployed",
            title=self.spec.title,
            model=self.model,
            version=candidate.version,
            replaced=before and before.version,
            deployed_at=deployment.deployed_at,
            approvals=[answer.sentence for answer in answers],
            metrics=candidate.evidence["metrics"],
            package_digest=candidate.package_digest,
            scoring_url=settings().scoring_url,
            link=run_link(run.dag_id, run.run_id),
        )
        context["outlet_events"][champion_asset(self.model)].extra = {
            "version": candidate.version,
            "package_digest": candidate.package_digest,
        }
