"""RemindOperator: nobody's time to answer runs out unnoticed."""

from datetime import datetime
from typing import TYPE_CHECKING

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.approve import asked
from airlock.operators.base import database
from airlock.operators.links import approval_link, dossier_link
from airlock.operators.mailing import mail_once
from airlock.operators.specs import usable_specs
from airlock.settings import settings
from airlock.spec.people import load_people

if TYPE_CHECKING:
    from airlock.governance.releases import Release
    from airlock.spec import ModelSpec


class RemindOperator(BaseOperator):
    """Mail once, for each answer that is missing, the approvers whose time for it is nearly over."""

    def execute(self, context: Context) -> None:
        from airlock.governance import releases

        specs = {spec.name: spec for spec in usable_specs()}
        with database().connect() as connection:
            waiting = releases.open_ones(connection)
        for release in waiting:
            if release.model in specs:
                _remind(specs[release.model], release, timezone.utcnow())


def _remind(spec: "ModelSpec", release: "Release", now: datetime) -> None:
    from airlock.governance import approvals, candidates
    from airlock.governance.deadlines import deadline, due

    with database().connect() as connection:
        answers = approvals.of_release(connection, release.id)
        candidate = candidates.find(connection, release.candidate_id)
    if candidate is None or not due(release, answers, spec.approval.timeout, now):
        return
    slot = len(answers) + 1
    until = deadline(release, answers, spec.approval.timeout)
    mail_once(
        f"release/{release.id}/reminder/{slot}",
        load_people(settings().include).emails(asked(spec.approval.approvers, candidate, answers)),
        "approval_reminder",
        title=spec.title,
        model=spec.name,
        version=candidate.version,
        slot=slot,
        people=release.people,
        left=until - now,
        until=until,
        opened_at=release.opened_at,
        dossier_digest=release.dossier_digest,
        dossier=dossier_link(release.dossier_digest),
        link=approval_link(f"{spec.name}.release", release.dag_run_id, f"approve_{slot}"),
    )
