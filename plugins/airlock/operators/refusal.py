"""Refusals: what is kept out of production is on record, and everybody concerned is told why."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from airflow.sdk import Context, timezone

from airlock.operators.base import database
from airlock.operators.failure import ExplainedFailure
from airlock.operators.links import run_link
from airlock.operators.mailing import mail_once
from airlock.operators.release_step import ReleaseStepOperator, refuse_deployment
from airlock.settings import settings
from airlock.spec.people import load_people


@contextmanager
def refusals(step: ReleaseStepOperator, context: Context) -> Iterator[None]:
    """Write into the audit log what keeps a release's candidate out, fail the release, and mail why.

    Raises
    ------
    ExplainedFailure
        When something in the block does: records, dossier or package are not what was approved. Trying again
        would not mend it.
    """
    from airlock.dossier.errors import DossierError
    from airlock.governance.records import RecordError
    from airlock.package.errors import PackageError
    from airlock.store import StoreError

    try:
        yield
    except (DossierError, PackageError, RecordError, StoreError) as found:
        _refuse(step, context, str(found))
        raise ExplainedFailure(f"Nothing was deployed. {found}") from found


def _refuse(step: ReleaseStepOperator, context: Context, because: str) -> None:
    from airlock.governance import approvals, candidates, deployments, releases
    from airlock.governance.records import RecordError

    candidate = None
    with database().begin() as connection:
        release = releases.find(connection, int(step.release), lock=True)
        assert release is not None  # the step has found it, too
        with suppress(RecordError):  # its evidence was changed: that is why it is refused
            candidate = candidates.find(connection, release.candidate_id)
        champion = deployments.champion(connection, step.model)
        answers = approvals.of_release(connection, release.id)
        if release.state == "approved":
            releases.close(connection, release.id, state="failed", reason=because, at=timezone.utcnow())
    digests = {"package_digest": release.package_digest, "dossier_digest": release.dossier_digest}
    refuse_deployment(
        context, step.model, because, release=release.id, candidate=release.candidate_id, **digests
    )
    people = load_people(settings().include).emails(step.spec.approval.approvers)
    mail_once(
        f"release/{release.id}/refused",
        {step.spec.owner.email, *step.spec.alerts.to, *people},
        "deployment_refused",
        title=step.spec.title,
        model=step.model,
        version=candidate and candidate.version,
        reason=because,
        approvals=[answer.sentence for answer in answers],
        champion_version=champion and champion.version,
        link=run_link(f"{step.model}.release", release.dag_run_id),
        **digests,
    )
