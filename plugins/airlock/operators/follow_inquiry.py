"""What follows from a person's answer about an incident: a training, or another version that answers."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from airlock.operators.assets import retrain_asset
from airlock.operators.base import database
from airlock.operators.inquiry_step import InquiryStepOperator
from airlock.operators.roll_back import take_back
from airlock.spec.training import SEARCH

if TYPE_CHECKING:
    from airlock.governance.incidents import Incident
    from airlock.governance.inquiries import Answer


class FollowInquiryOperator(InquiryStepOperator):
    """A step for one of the answers, read from the record; another answer skips it."""

    choice: str

    def execute(self, context: Context) -> dict[str, Any]:
        incident, answer = self.answered(context)
        if answer is None or answer.choice != self.choice:
            raise AirflowSkipException(f"Nobody answered {self.choice} about incident {incident.id}.")
        return self.follow(context, incident, answer)

    def follow(self, context: Context, incident: "Incident", answer: "Answer") -> dict[str, Any]:
        """Do what follows from the answer; again is the same."""
        raise NotImplementedError


class RetrainAsAnsweredOperator(FollowInquiryOperator):
    """Start a training by the retrain asset; it is that of whoever answered, who may not approve it.

    Once it has been made, clearing the task starts no other.
    """

    choice = "Retrain"

    def follow(self, context: Context, incident: "Incident", answer: "Answer") -> dict[str, Any]:
        from airlock.chain.inquiry import cause_of_training
        from airlock.governance import candidates

        cause = cause_of_training(incident, answer)
        with database().connect() as connection:
            if candidates.find_caused(connection, self.model, cause):
                raise AirflowSkipException(f"The training for incident {incident.id} has been made.")
        extra = {
            "cause": cause,
            "as_of": answer.responded_at.isoformat(),
            "started_by": answer.responder,
            "mode": SEARCH,
            "history": None,
        }
        context["outlet_events"][retrain_asset(self.model)].extra = extra
        return extra


class RollBackAsAnsweredOperator(FollowInquiryOperator):
    """Wait until the version before answers, which the answer has brought back, and tell everybody."""

    choice = "Roll back"

    def follow(self, context: Context, incident: "Incident", answer: "Answer") -> dict[str, Any]:
        return take_back(context, self.model, by=answer.responder, because=answer.reason)
