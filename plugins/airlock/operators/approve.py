"""ApproveOperator: ask one person, and record the answer exactly as Airflow received it."""

from collections.abc import Sequence
from typing import Any

from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context, Param
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.sdk.execution_time.hitl import HITLUser

from airlock.operators.base import database

APPROVE, REJECT = "Approve", "Reject"
REASON = Param(
    type="string", minLength=3, title="Why?", description="Kept with your answer for good.", source="task"
)


class ApproveOperator(HITLOperator):
    """
    Wait for one of the approvers to answer, with a reason; no answer is no approval.

    The answer is written to the approvals table only here, when Airflow resumes the task with the response it
    recorded: marking the task as success writes nothing, and so approves nothing (apache/airflow#55053).

    :param slot: which of the release's approvals this is, from 1.
    :param release: the release's id.
    :param evidence_digest: the digest of the evidence shown in the body.
    :param approvers: the Airflow users who may answer.
    """

    template_fields: Sequence[str] = (
        *HITLOperator.template_fields,
        "release",
        "evidence_digest",
        "approvers",
    )

    def __init__(
        self,
        *,
        slot: int,
        release: str,
        evidence_digest: str,
        approvers: list[str],
        **kwargs: Any,
    ) -> None:
        kwargs["params"] = {"reason": REASON}  # the form asks for this, and for no parameter of the Dag
        super().__init__(
            options=[APPROVE, REJECT],
            assigned_users=[HITLUser(id=user, name=user) for user in approvers],
            **kwargs,
        )
        self.on_failure_callback = []  # no answer is no failure: closing the release says so
        self.slot = slot
        self.release = release
        self.evidence_digest = evidence_digest
        self.approvers = approvers

    def execute(self, context: Context) -> Any:
        from airlock.governance import releases

        with database().connect() as connection:
            answers = releases.approvals(connection, int(self.release))
        if any(answer.slot == self.slot for answer in answers):
            return None
        if rejected := next((answer for answer in answers if answer.choice == REJECT), None):
            raise AirflowSkipException(f"{rejected.responder} has already rejected this release.")
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        from airlock.governance import releases

        try:
            answer = super().execute_complete(context, event)
        except HITLTimeoutError as error:
            raise AirflowFailException(f"Nobody answered within {self.response_timeout}.") from error
        responder = answer["responded_by_user"]
        if not responder:
            raise AirflowFailException(
                "Airflow recorded no person with this answer, so it counts for nothing."
            )
        with database().begin() as connection:
            releases.record_approval(
                connection,
                release_id=int(self.release),
                slot=self.slot,
                responder=responder["id"],
                choice=answer["chosen_options"][0],
                reason=answer["params_input"].get("reason", ""),
                evidence_digest=self.evidence_digest,
                responded_at=answer["responded_at"],
            )
        return answer
