"""AnnounceInquiryOperator: tell the owner what a person answered about an incident."""

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.inquiry_step import InquiryStepOperator
from airlock.operators.links import incident_link
from airlock.operators.mailing import mail_once


class AnnounceInquiryOperator(InquiryStepOperator):
    """Mail the answer to the owner and those on call; it is read from the record, not from a task."""

    def execute(self, context: Context) -> None:
        incident, answer = self.answered(context)
        if answer is None and incident.state == "open":
            raise AirflowFailException(
                f"Nobody has answered about incident {incident.id} of {self.model}: marking the task ask by "
                "hand answers nothing. Clear it, and it is asked again."
            )
        if answer is None:
            self.log.info("Incident %s was settled meanwhile: the question is withdrawn.", incident.id)
            return
        mail_once(
            f"inquiry/{incident.id}/answered",
            {self.spec.owner.email, *self.spec.alerts.to},
            "inquiry_answered",
            title=self.spec.title,
            model=self.model,
            incident=incident.id,
            sentence=incident.sentence,
            choice=answer.choice,
            answered_by=answer.responder,
            because=answer.reason,
            link=incident_link(incident.id),
        )
