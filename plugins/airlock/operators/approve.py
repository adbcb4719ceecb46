"""ApproveOperator: ask one person, and record the answer exactly as Airflow received it."""

from collections.abc import Sequence
from typing import Any

from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context, Param
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow.sdk.execution_time.hitl import HITLUser

from airlock.operators.base import database
from airlock.operators.links import approval_link, dossier_link
from airlock.operators.mailing import mail_once
from airlock.operators.release_step import ReleaseStepOperator
from airlock.settings import settings
from airlock.spec.people import load_people

APPROVE, REJECT = "Approve", "Reject"
REASON = Param("", type="string", title="Why?", description="Kept with your answer for good.", source="task")


class ApproveOperator(HITLOperator, ReleaseStepOperator):
    """
    Mail the approvers, and wait for one of them to answer, with a reason; no answer is no approval.

    The answer is written to the approvals table only here, when Airflow resumes the task with the response it
    recorded: marking the task as success writes nothing, and so approves nothing (apache/airflow#55053).

    :param slot: which of the release's approvals this is, from 1.
    :param dossier_digest: the digest of the dossier that the body sums up and links.
    :param approvers: the Airflow users who may answer.
    """

    body: str
    template_fields: Sequence[str] = (
        *ReleaseStepOperator.template_fields,
        *HITLOperator.template_fields,
        "dossier_digest",
        "approvers",
    )

    def __init__(self, *, slot: int, dossier_digest: str, approvers: list[str], **kwargs: Any) -> None:
        kwargs["params"] = {"reason": REASON}  # the form asks for this, and for no parameter of the Dag
        super().__init__(
            options=[APPROVE, REJECT],
            assigned_users=[HITLUser(id=user, name=user) for user in approvers],
            **kwargs,
        )
        self.slot = slot
        self.dossier_digest = dossier_digest
        self.approvers = approvers
        self.on_failure_callback: list[Any] = []  # no answer is no failure: closing the release says so

    def execute(self, context: Context) -> Any:
        from airlock.evaluation.escape import escape
        from airlock.governance import releases

        with database().connect() as connection:
            answers = releases.approvals(connection, int(self.release))
        if any(answer.slot == self.slot for answer in answers):
            return None
        if rejected := next((answer for answer in answers if answer.choice == REJECT), None):
            raise AirflowSkipException(f"{rejected.responder} has already rejected this release.")
        if answers:
            said = "\n".join(f"- {escape(answer.sentence)}" for answer in answers)
            self.body = f"{self.body}\n\n#### Answers so far\n\n{said}"
        self._mail(context, asked_already={answer.responder for answer in answers})
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        from airlock.governance import releases

        try:
            answer = super().execute_complete(context, event)
        except HITLTimeoutError as error:
            raise AirflowFailException(f"Nobody answered within {self.response_timeout}.") from error
        responder, reason = answer["responded_by_user"], answer["params_input"].get("reason", "").strip()
        if not responder:
            raise AirflowFailException(
                "Airflow recorded no person with this answer, so it counts for nothing."
            )
        if not reason:
            raise AirflowException(f"{responder['id']} gave no reason, so the question is asked again.")
        with database().begin() as connection:
            releases.record_approval(
                connection,
                release_id=int(self.release),
                slot=self.slot,
                responder=responder["id"],
                choice=answer["chosen_options"][0],
                reason=reason,
                dossier_digest=self.dossier_digest,
                responded_at=answer["responded_at"],
            )
        return answer

    def _mail(self, context: Context, asked_already: set[str]) -> None:
        with database().connect() as connection:
            release, candidate = self.records(connection, context)
        not_yet = [user for user in self.spec.approval.approvers if user not in asked_already]
        task = context["ti"]
        mail_once(
            f"release/{release.id}/approval/{self.slot}",
            load_people(settings().include).emails(not_yet),
            "approval_requested",
            title=self.spec.title,
            model=self.model,
            version=candidate.version,
            slot=self.slot,
            people=release.people,
            tier=self.spec.risk_tier,
            trained_by=candidate.trained_by,
            cause=candidate.cause,
            verdicts=[verdict["sentence"] for verdict in candidate.evidence["verdicts"]],
            dossier_digest=release.dossier_digest,
            dossier=dossier_link(release.dossier_digest),
            timeout=self.spec.approval.timeout,
            link=approval_link(task.dag_id, task.run_id, task.task_id),
        )
