"""InquiryStepOperator: what the steps about one incident that a person is asked about have in common."""

import re
from typing import TYPE_CHECKING

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.base import ModelOperator, database

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from airlock.governance.incidents import Incident
    from airlock.governance.inquiries import Answer

RUN_ID = re.compile(r"incident_(\d{1,18})")


class InquiryStepOperator(ModelOperator):
    """A step about the one incident that the run's id names."""

    def incident(self, connection: "Connection", context: Context) -> "Incident":
        """Return the incident.

        Raises
        ------
        AirflowFailException
            When the run's id names none of this model's nights.
        """
        from airlock.chain.night_incidents import MEND
        from airlock.governance import incidents

        run_id = context["dag_run"].run_id
        named = RUN_ID.fullmatch(run_id)
        known = incidents.find(connection, int(named[1])) if named else None
        if known is None or known.model != self.model or known.kind not in MEND:
            raise AirflowFailException(
                f"The run {run_id} names no incident of the nights of {self.model}. {self.model}.monitor "
                "starts a run for each incident that a person must be asked about."
            )
        return known

    def answered(self, context: Context) -> "tuple[Incident, Answer | None]":
        """Return the incident, and the answer on record; marking a task by hand answers nothing."""
        from airlock.governance import inquiries

        with database().connect() as connection:
            known = self.incident(connection, context)
            return known, inquiries.answer_of(connection, known)
