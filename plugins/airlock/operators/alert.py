"""AlertOperator: the mail that says what is wrong with a night, and where to look."""

from airflow.sdk import Context

from airlock.operators.base import database
from airlock.operators.links import page_link, run_link
from airlock.operators.mailing import mail_once
from airlock.operators.night_step import NightStepOperator
from airlock.operators.run import run_of


class AlertOperator(NightStepOperator):
    """Mail the night's findings: what, how much, since when, what happens next, where to look."""

    def execute(self, context: Context) -> None:
        from airlock.chain.watch import findings_since, next_step

        run = run_of(context)
        night = self.night(context)
        mail_once(
            f"night/{self.model}/{night.night}/{night.findings_digest}",
            self.spec.alerts.to,
            "drift_alert",
            title=self.spec.title,
            model=self.model,
            night=night.night.isoformat(),
            rows=night.rows,
            version=night.version,
            findings=findings_since(self.model, night, engine=database()),
            next_step=next_step(self.spec, night, engine=database()),
            report_link=page_link(f"{self.model}/nights/{night.night}.html"),
            link=run_link(run.dag_id, run.run_id),
        )
