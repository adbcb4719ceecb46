"""VerifyLogOperator: whether the audit log is what was written."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.base import database
from airlock.operators.failure import ExplainedFailure
from airlock.operators.links import audit_link, task_link
from airlock.operators.mailing import mail_once
from airlock.settings import settings
from airlock.spec.people import Role, load_people

if TYPE_CHECKING:
    from airlock.audit.chain import Verification

#: How many findings a mail names; the task's log has all of them.
NAMED = 20


class VerifyLogOperator(BaseOperator):
    """Verify the audit log, its anchors and the records; return its head, or mail what is wrong and fail."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.audit.log import audit

        verified = audit(database(), settings().anchors)
        for finding in verified.findings:
            self.log.error("%s", finding.sentence)
        if verified.findings:
            _mail(context, verified)
            first = verified.findings[0].sentence
            raise ExplainedFailure(
                f"The audit log does not verify: {len(verified.findings)} findings. {first}"
            )
        self.log.info("%s rows, and nothing is wrong; the head is %s.", verified.rows, verified.head.digest)
        return {"rows": verified.rows, **vars(verified.head)}


def _mail(context: Context, verified: "Verification") -> None:
    task = context["ti"]
    mail_once(
        f"{task.dag_id}/{task.run_id}/failed",
        load_people(settings().include).emails_of(Role.AUDITOR, Role.ADMIN),
        "audit_failed",
        found_at=timezone.utcnow(),
        rows=verified.rows,
        findings=[finding.sentence for finding in verified.findings[:NAMED]],
        count=len(verified.findings),
        anchored=verified.anchored,
        log=audit_link(),
        link=task_link(task.dag_id, task.run_id, task.task_id),
    )
