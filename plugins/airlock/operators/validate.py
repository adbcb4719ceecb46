"""ValidateOperator: hold a snapshot against the model's expectation suite."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from airlock.operators.base import ModelOperator
from airlock.operators.failure import ExplainedFailure
from airlock.operators.links import page_link, run_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import run_of
from airlock.settings import settings


class ValidateOperator(ModelOperator):
    """
    Run the suite on a snapshot and keep the result as a page; a failed critical expectation stops the run.

    :param snapshot: the snapshot's digest.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "snapshot")

    def __init__(self, *, snapshot: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.validation import validate_snapshot

        outcome = validate_snapshot(self.spec, self.snapshot, store=self.store, models=settings().models)
        self.log.info("The result can be read at %s", page_link(outcome.page))
        if outcome.failed_critical:
            self._mail(context, outcome.failed_critical, outcome.page)
            raise ExplainedFailure("The data fail the suite: " + " ".join(outcome.failed_critical))
        return outcome.summary

    def _mail(self, context: Context, failed: list[str], page: str) -> None:
        run = run_of(context)
        mail_once(
            f"validation/{run.dag_id}/{run.run_id}",
            {self.spec.owner.email, *self.spec.alerts.to},
            "validation_failed",
            title=self.spec.title,
            model=self.model,
            failed=failed,
            snapshot=self.snapshot,
            page_link=page_link(page),
            link=run_link(run.dag_id, run.run_id),
        )
