"""InquireOperator: ask a person what to do about an incident, and do what they answer."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.sdk import Context, Param, timezone
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
)
from airflow.sdk.execution_time.hitl import HITLUser

from airlock.operators.asking import AskingOperator
from airlock.operators.authority import why_not
from airlock.operators.base import database
from airlock.operators.inquiry_question import inquiry_question
from airlock.operators.inquiry_step import InquiryStepOperator
from airlock.operators.links import approval_link, incident_link
from airlock.operators.mailing import mail_once
from airlock.settings import settings
from airlock.spec.people import load_people

if TYPE_CHECKING:
    from airlock.chain.inquiry import Inquiry
    from airlock.governance.incidents import Incident
    from airlock.governance.inquiries import Answer

OPTIONS = ["Retrain", "Ignore", "Roll back", "Investigate"]
REASON = Param("", type="string", title="Why?", description="Kept with the incident for good.", source="task")
#: How often the task looks whether the incident is still open; otherwise the question is withdrawn.
LOOKS_EVERY = timedelta(hours=6)


class InquireOperator(AskingOperator, InquiryStepOperator):
    """
    Mail those who may answer, show what was found and why, and wait; there is no answer by default.

    What was chosen is done and recorded only here, when Airflow resumes the task with the response it
    recorded. An answer that does not count is written to the audit log, and the question is asked again. Once
    the incident is settled the question is withdrawn.

    :param people: the Airflow users whom the form lets answer.
    """

    template_fields: Sequence[str] = (
        *InquiryStepOperator.template_fields,
        *AskingOperator.template_fields,
        "people",
    )

    def __init__(self, *, people: list[str], **kwargs: Any) -> None:
        super().__init__(
            subject="",  # like the body known only when the incident is
            options=OPTIONS,
            params={"reason": REASON},
            assigned_users=[HITLUser(id=user, name=user) for user in people],
            response_timeout=LOOKS_EVERY,
            **kwargs,
        )
        self.people = people

    def execute(self, context: Context) -> Any:
        from airlock.chain.inquiry import inquiry
        from airlock.governance import inquiries

        with database().begin() as connection:
            incident = self.incident(connection, context)
            if inquiries.answer_of(connection, incident):
                return None
            _skip_unless_open(incident)
            about = inquiry(connection, incident)
            refused = [entry.facts["reason"] for entry in inquiries.refused_answers(connection, incident)]
            inquiries.note_asked(connection, incident, timezone.utcnow())
        self.subject = f"{self.spec.title}: nobody can tell why. What shall be done? (incident {incident.id})"
        self.body = inquiry_question(about)
        self._mail(context, about, refused)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        try:
            answer = super().execute_complete(context, event)
        except HITLTimeoutError:
            raise AirflowRescheduleException(timezone.utcnow()) from None  # look again, and ask on
        self._do(context, answer)
        return answer

    def _do(self, context: Context, response: Any) -> None:
        """Do what was answered, or refuse it: both are committed before anything is raised."""
        from airlock.chain.inquiry import answer
        from airlock.governance.inquiries import NEEDS

        given = _answer(response)
        people, needed = load_people(settings().include), NEEDS[given.choice]
        may_not = None if people.may(given.responder, needed) else why_not(given.responder, needed, people)
        with database().connect() as connection:
            incident = self.incident(connection, context)
        against = answer(
            incident.id, given, may_not=may_not, at=timezone.utcnow(), engine=database(), store=self.store
        )
        if against is None:
            return
        self.log.warning("The answer by %s does not count: %s", given.responder or "nobody", against)
        if not given.responder:
            raise AirflowFailException(against)
        _skip_unless_open(incident)
        raise AirflowException(f"{against} The question is asked again.")

    def _mail(self, context: Context, about: "Inquiry", refused: Sequence[str]) -> None:
        task, incident = context["ti"], about.incident
        mail_once(
            f"inquiry/{incident.id}/asked/{len(refused)}",
            load_people(settings().include).emails(answerers()),
            "inquiry_asked",
            title=self.spec.title,
            model=self.model,
            incident=incident.id,
            found_at=incident.found_at,
            cause=about.cause.sentence if about.cause else "",
            evidence=[one.sentence for one in about.cause.evidence] if about.cause else [],
            findings=[one.sentence for one in about.found],
            refused=refused,
            page=incident_link(incident.id),
            link=approval_link(task.dag_id, task.run_id, task.task_id),
        )


def answerers() -> tuple[str, ...]:
    """Return who may give at least one of the answers."""
    from airlock.governance.inquiries import NEEDS

    people = load_people(settings().include)
    able = {user for act in NEEDS.values() for user in people.who_may(act)}
    return tuple(user for user in people.people if user in able)


def _skip_unless_open(incident: "Incident") -> None:
    if incident.state != "open":
        raise AirflowSkipException(
            f"Incident {incident.id} was settled by {incident.settled_by}: {incident.settled_because} The "
            "question is withdrawn, and nothing was done."
        )


def _answer(response: Any) -> "Answer":
    from airlock.governance.inquiries import Answer

    return Answer(
        responder=(response["responded_by_user"] or {"name": ""})["name"],
        choice=response["chosen_options"][0],
        reason=str(response["params_input"].get("reason") or "").strip(),
        responded_at=response["responded_at"],
    )
