"""CloseReleaseOperator: tell why a candidate was not released."""

from typing import TYPE_CHECKING

from airflow.sdk import Context, timezone

from airlock.operators.base import database
from airlock.operators.links import run_link
from airlock.operators.mailing import mail_once
from airlock.operators.release_step import ReleaseStepOperator
from airlock.operators.showing import show
from airlock.settings import settings
from airlock.spec.people import load_people

if TYPE_CHECKING:
    from airlock.governance.releases import Release
    from airlock.spec import ModelSpec


class CloseReleaseOperator(ReleaseStepOperator):
    """Mail the owner and the approvers why nothing was deployed, which is on record already."""

    def execute(self, context: Context) -> None:
        from airlock.governance import releases

        with database().begin() as connection:
            release, _ = self.records(connection, context, lock=True)
            if release.state == "open":
                because = "The run went on without a decision: a task was marked by hand."
                release = releases.close(
                    connection, release.id, state="failed", reason=because, at=timezone.utcnow()
                )
        mail_closed(self.spec, release)


def mail_closed(spec: "ModelSpec", release: "Release") -> None:
    """Mail the owner and the approvers of a model, once, how a release ended."""
    from airlock.governance import approvals, candidates, deployments

    with database().connect() as connection:
        candidate = candidates.find(connection, release.candidate_id)
        answers = approvals.of_release(connection, release.id)
        champion = deployments.champion(connection, spec.name)
    mail_once(
        f"release/{release.id}/closed",
        {spec.owner.email, *load_people(settings().include).emails(spec.approval.approvers)},
        "release_closed",
        title=spec.title,
        model=spec.name,
        version=candidate and candidate.version,
        state=release.state,
        reason=release.reason,
        opened_at=release.opened_at,
        approvals=[answer.sentence for answer in answers],
        champion_version=champion and champion.version,
        link=run_link(f"{spec.name}.release", release.dag_run_id),
    )
    show(release.id)
