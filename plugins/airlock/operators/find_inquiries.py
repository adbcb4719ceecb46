"""FindInquiriesOperator: find the incidents of a night that a person must be asked about."""

from airflow.sdk import Context

from airlock.operators.base import database
from airlock.operators.night_step import NightStepOperator


class FindInquiriesOperator(NightStepOperator):
    """Return the ids of the runs of `<model>.inquire` to start: one for each incident without a cause.

    The run's id is the incident's, so that nobody is asked about one twice.
    """

    def execute(self, context: Context) -> list[str]:
        from airlock.chain.inquiry import to_ask_about
        from airlock.governance.inquiries import run_id_of

        with database().connect() as connection:
            found = to_ask_about(connection, self.night(context))
        self.log.info("%s incidents that a person must be asked about.", len(found))
        return [run_id_of(incident.id) for incident in found]
