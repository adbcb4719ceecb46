"""AnnounceContestOperator: tell the owner what a person decided."""

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.base import database
from airlock.operators.contest_step import ContestStepOperator
from airlock.operators.links import run_link
from airlock.operators.mailing import mail_once


class AnnounceContestOperator(ContestStepOperator):
    """Mail the decision to the model's owner; it is read from the record, not from the task before."""

    def execute(self, context: Context) -> None:
        with database().connect() as connection:
            known = self.contest(connection, context)
        if known.state == "open":
            raise AirflowFailException(
                f"Contest {known.id} of {self.model} is not decided: marking the task ask by hand decides "
                "nothing. Clear it, and it is asked again."
            )
        run = context["dag_run"]
        mail_once(
            f"contest/{known.id}/decided",
            {self.spec.owner.email},
            "contest_decided",
            title=self.spec.title,
            model=self.model,
            version=known.version,
            contest=known.id,
            decision=str(known.decision_id),
            state=known.state,
            prediction=known.prediction,
            decided_by=known.decided_by,
            because=known.decided_because,
            link=run_link(run.dag_id, run.run_id),
        )
