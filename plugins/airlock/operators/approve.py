"""ApproveOperator: ask one person, and record the answer exactly as Airflow received it."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.sdk import Context, Param, timezone
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow.sdk.execution_time.hitl import HITLUser

from airlock.operators.asking import AskingOperator
from airlock.operators.base import database
from airlock.operators.links import approval_link, dossier_link
from airlock.operators.mailing import mail_once
from airlock.operators.question import question
from airlock.operators.release_step import ReleaseStepOperator
from airlock.settings import settings
from airlock.spec.people import Act, load_people

if TYPE_CHECKING:
    from airlock.governance.approvals import Approval
    from airlock.governance.candidates import Candidate
    from airlock.governance.releases import Release

APPROVE, REJECT = "Approve", "Reject"
REASON = Param("", type="string", title="Why?", description="Kept with your answer for good.", source="task")


class ApproveOperator(AskingOperator, ReleaseStepOperator):
    """
    Mail the approvers, and wait for one of them to answer, with a reason; no answer is no approval.

    The answer is written to the approvals table only here, when Airflow resumes the task with the response it
    recorded: marking the task as success writes nothing, and so approves nothing (apache/airflow#55053). An
    answer that does not count is written to the audit log, and the question is asked again where that helps.

    :param slot: which of the release's approvals this is, from 1.
    :param approvers: the Airflow users whom the form lets answer.
    """

    template_fields: Sequence[str] = (
        *ReleaseStepOperator.template_fields,
        *AskingOperator.template_fields,
        "approvers",
    )

    def __init__(self, *, slot: int, approvers: list[str], **kwargs: Any) -> None:
        kwargs["params"] = {"reason": REASON}  # the form asks for this, and for no parameter of the Dag
        super().__init__(
            subject="",  # like the body known only when the release is
            options=[APPROVE, REJECT],
            assigned_users=[HITLUser(id=user, name=user) for user in approvers],
            **kwargs,
        )
        self.slot = slot
        self.approvers = approvers
        self.on_failure_callback: list[Any] = []  # no answer is no failure: closing the release says so

    def execute(self, context: Context) -> Any:
        from airlock.governance import approvals
        from airlock.governance.deadlines import deadline

        with database().connect() as connection:
            release, candidate = self.records(connection, context)
            answers = approvals.of_release(connection, release.id)
            refused = [entry.facts["reason"] for entry in approvals.refused(connection, release)]
        if any(answer.slot == self.slot for answer in answers):
            return None
        _skip_unless_open(release)
        if rejected := next((answer for answer in answers if answer.choice == REJECT), None):
            raise AirflowSkipException(f"{rejected.responder} has already rejected this release.")
        if not asked(self.spec.approval.approvers, candidate, answers):
            raise AirflowFailException(
                f"No approver of {self.model} is left who had no hand in the candidate and has not answered. "
                f"Name more in approval.approvers, and trigger {self.model}.release again."
            )
        self.response_timeout = deadline(release, answers, self.spec.approval.timeout) - timezone.utcnow()
        if self.response_timeout <= timedelta(0):
            self._expire(context)
        of = f"{self.slot} of {release.people}"
        self.subject = f"Release {self.spec.title} version {candidate.version}? ({of})"
        self.body = question(candidate, answers, refused)
        self._mail(context, release, candidate, answers, refused)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        try:
            answer = super().execute_complete(context, event)
        except HITLTimeoutError:
            self._expire(context)
        self._record(context, answer)
        return answer

    def _record(self, context: Context, answer: Any) -> None:
        """Record the answer, or that it does not count: both are committed before anything is raised."""
        from airlock.governance import approvals
        from airlock.governance.deadlines import deadline
        from airlock.governance.decision import objection

        with database().begin() as connection:
            release, candidate = self.records(connection, context, lock=True)
            given = self._approval(release, answer)
            answers = approvals.of_release(connection, release.id)
            earlier = [one for one in answers if one.slot != self.slot]
            may = self._who_may(given)
            late = bool(may) and given.responded_at > deadline(release, earlier, self.spec.approval.timeout)
            against = objection(release, earlier, given, may, candidate.makers)
            if release.state != "open":
                against = f"The release is {release.state} and takes no more answers."
            elif late:
                against = "The answer came after the time for it was over."
            if against is None:
                approvals.record(connection, **vars(given))
                return
            approvals.refuse(connection, release, given, against)
        self.log.warning("The answer by %s does not count: %s", given.responder or "nobody", against)
        _skip_unless_open(release)
        if late:
            self._expire(context)
        if not given.responder:
            raise AirflowFailException(against)
        raise AirflowException(f"{against} The question is asked again.")

    def _approval(self, release: "Release", answer: Any) -> "Approval":
        from airlock.governance.approvals import Approval

        return Approval(
            release_id=release.id,
            slot=self.slot,
            responder=(answer["responded_by_user"] or {"name": ""})["name"],
            choice=answer["chosen_options"][0],
            reason=answer["params_input"].get("reason", "").strip(),
            dossier_digest=release.dossier_digest,
            responded_at=answer["responded_at"],
        )

    def _who_may(self, given: "Approval") -> Collection[str]:
        """Return whoever answered, if they may at this moment: the form was written when the Dag was."""
        may = load_people(settings().include).may(given.responder, Act.APPROVE)
        return {given.responder} if may and given.responder in self.spec.approval.approvers else ()

    def _expire(self, context: Context) -> NoReturn:
        """Close the release, because its time is over, and end the task."""
        from airlock.governance import approvals, releases
        from airlock.governance.decision import expired
        from airlock.mail.words import duration

        with database().begin() as connection:
            release, _ = self.records(connection, context, lock=True)
            _skip_unless_open(release)
            answers = approvals.of_release(connection, release.id)
            decision = expired(release.people, answers, duration(self.spec.approval.timeout))
            releases.close(
                connection, release.id, state=decision.state, reason=decision.reason, at=timezone.utcnow()
            )
        raise AirflowFailException(decision.reason)

    def _mail(
        self,
        context: Context,
        release: "Release",
        candidate: "Candidate",
        answers: Sequence["Approval"],
        refused: Sequence[str],
    ) -> None:
        task = context["ti"]
        mail_once(
            f"release/{release.id}/approval/{self.slot}/{len(refused)}",
            load_people(settings().include).emails(asked(self.spec.approval.approvers, candidate, answers)),
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
            refused=refused,
            dossier_digest=release.dossier_digest,
            dossier=dossier_link(release.dossier_digest),
            timeout=self.spec.approval.timeout,
            link=approval_link(task.dag_id, task.run_id, task.task_id),
        )


def asked(approvers: Sequence[str], candidate: "Candidate", answers: Sequence["Approval"]) -> list[str]:
    """Return the approvers whose answer would count: not who had a hand in the candidate or has answered."""
    from airlock.governance.decision import part_of, person

    answered = {person(answer.responder) for answer in answers}
    return [
        user for user in approvers if person(user) not in answered and not part_of(user, candidate.makers)
    ]


def _skip_unless_open(release: "Release") -> None:
    if release.state != "open":
        raise AirflowSkipException(f"The release is {release.state}, and nobody is asked: {release.reason}")
