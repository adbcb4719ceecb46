"""ReportOperator: the night's Evidently page, for people to read."""

from airflow.sdk import Context

from airlock.operators.base import database
from airlock.operators.links import page_link
from airlock.operators.night_step import NightStepOperator


class ReportOperator(NightStepOperator):
    """Keep an Evidently page of the night on bounded samples; the decisions do not come from it."""

    def execute(self, context: Context) -> str | None:
        from airlock.chain.night_report import write_report

        path = write_report(
            self.spec, self.night(context), self.window(context), store=self.store, engine=database()
        )
        if path:
            self.log.info("The report can be read at %s", page_link(path))
        return path
