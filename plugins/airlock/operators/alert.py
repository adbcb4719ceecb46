"""AlertOperator: the mail that says what is wrong with a night, and where to look."""

from airflow.sdk import Context

from airlock.digests import digest_of
from airlock.operators.base import database
from airlock.operators.links import page_link, run_link
from airlock.operators.mailing import mail_once
from airlock.operators.night_step import NightStepOperator
from airlock.operators.run import run_of


class AlertOperator(NightStepOperator):
    """Mail the night's findings: what, how much, since when, what happens next, where to look."""

    def execute(self, context: Context) -> None:
        from airlock.chain.night_report import report_name
        from airlock.chain.retraining import findings_since, retraining
        from airlock.governance import contests, feedback

        run = run_of(context)
        night = self.night(context)
        with database().connect() as connection:
            contested = contests.open_ones(connection, self.model)
            said = feedback.verdicts(connection, self.model, night.night)
        mail_once(
            f"night/{self.model}/{night.night}/{digest_of(night.findings)}",
            self.spec.alerts.to,
            "drift_alert",
            title=self.spec.title,
            model=self.model,
            version=night.version,
            night=night.night,
            rows=night.rows,
            findings=findings_since(night, engine=database()),
            contests=len(contested),
            opinions=sum(said.values()),
            disagreeing=said.get("disagree", 0),
            next_step=retraining(self.spec, night, run_id=run.run_id, engine=database()).sentence,
            link=run_link(run.dag_id, run.run_id),
            report=page_link(f"{self.model}/{report_name(night)}"),
        )
