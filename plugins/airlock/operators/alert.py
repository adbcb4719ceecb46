"""AlertOperator: the mail that says what is wrong with a night, and where to look."""

from collections.abc import Sequence
from dataclasses import replace

from airflow.sdk import Context, timezone

from airlock.operators.base import database
from airlock.operators.links import dag_link, incidents_link, page_link, run_link
from airlock.operators.mailing import alert_once
from airlock.operators.night_step import NightStepOperator
from airlock.operators.retrain import why_no_training
from airlock.operators.run import run_of


class AlertOperator(NightStepOperator):
    """Mail the night's findings: what, how much, since when, what happens next, where to look.

    Only what is new or much worse is mailed, once: the open incidents stand for the rest. So is, once, that a
    training which a night asked for has not helped, so that no other one starts by itself.
    """

    def execute(self, context: Context) -> None:
        from airlock.chain.night_alert import advice, alert_lines, told_late
        from airlock.chain.night_incidents import news, told_by
        from airlock.chain.night_report import report_name
        from airlock.chain.recorded_cause import recorded_cause
        from airlock.chain.retraining import retraining
        from airlock.governance import contests, feedback, notices

        run = run_of(context)
        night = self.night(context)
        with database().connect() as connection:
            brought = news(connection, night)
            contested = contests.open_ones(connection, self.model)
            said = feedback.verdicts(connection, self.model, night.night)
        decided = retraining(self.spec, night, run_id=run.run_id, engine=database(), store=self.store)
        if decided.cause and (because := why_no_training(run)):
            decided = replace(decided, cause=None, refused_because=because)
        loop = f"loop/{decided.broken_by}"
        with database().connect() as connection:
            loop_told = notices.last_sent(connection, f"{loop}/with/")
        if not (brought or (decided.broken_by and not loop_told)):
            self.log.info("Nothing new, so nothing is mailed. What is open: %s", incidents_link())
            return
        told = f"{told_by(self.model)}{night.night}/{brought[-1].id}" if brought else None
        findings = alert_lines(night, engine=database())
        cause = recorded_cause(night)
        alert_once(
            told or loop,
            self.spec.alerts.to,
            self.spec,
            context,
            "drift_alert",
            title=self.spec.title,
            model=self.model,
            version=night.version,
            night=night.night,
            rows=night.rows,
            findings=findings,
            more=len(night.findings) - len(findings),
            news=sorted({event.incident_id for event in brought}),
            contests=len(contested),
            opinions=sum(said.values()),
            disagreeing=said.get("disagree", 0),
            next_step=decided.sentence,
            advice=advice(night),
            link=run_link(run.dag_id, run.run_id),
            report=page_link(f"{self.model}/{report_name(night)}") if night.rows else None,
            incidents=incidents_link(),
            rollback=dag_link("rollback"),
            cause=cause.sentence if cause else "",
            evidence=[one.sentence for one in cause.evidence] if cause else [],
            told_late=told_late(night, brought),
        )
        if told and decided.broken_by:
            _note_told(f"{loop}/with/{told}", self.spec.alerts.to)


def _note_told(key: str, to: Sequence[str]) -> None:
    """Note that the mail about what was new has said as well that the last training did not help."""
    from airlock.governance import notices

    at, subject = timezone.utcnow(), "told with what was new"
    notices.send_once(database(), key=key, recipients=to, subject=subject, send=lambda: None, at=at)
