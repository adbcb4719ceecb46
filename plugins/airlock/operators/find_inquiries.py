"""FindInquiriesOperator: find the incidents of a night that a person must be asked about."""

from typing import Any

from airflow.sdk import Context

from airlock.operators.base import database
from airlock.operators.night_step import NightStepOperator


class FindInquiriesOperator(NightStepOperator):
    """Return the runs of `<model>.inquire` to start: one for each incident whose cause nobody can tell.

    The run's id is the incident's, so that nobody is asked about one twice.
    """

    def execute(self, context: Context) -> list[dict[str, Any]]:
        from airlock.chain.inquiry import to_ask_about
        from airlock.governance.inquiries import run_id_of

        with database().connect() as connection:
            found = to_ask_about(connection, self.night(context))
        self.log.info("%s incidents that a person must be asked about.", len(found))
        return [
            {"trigger_dag_id": f"{self.model}.inquire", "trigger_run_id": run_id_of(incident.id)}
            for incident in found
        ]
