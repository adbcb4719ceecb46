"""ValidateOperator: hold a snapshot against the model's expectation suite."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

from airlock.operators.assets import retrain_asset
from airlock.operators.base import ModelOperator
from airlock.operators.failure import ExplainedFailure
from airlock.operators.links import page_link, run_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import run_of
from airlock.settings import settings

if TYPE_CHECKING:
    from airlock.chain.validation import Validated


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

        validated = validate_snapshot(self.spec, self.snapshot, store=self.store, models=settings().models)
        self.log.info("The result can be read at %s", page_link(validated.page))
        if critical := validated.result.failed_critical:
            self._mail(context, validated)
            sentences = " ".join(check.finding for check in critical)
            raise ExplainedFailure(f"The data fail the suite: {sentences}")
        return {"digest": validated.digest, "page": validated.page}

    def _mail(self, context: Context, validated: "Validated") -> None:
        run = run_of(context, retrain_asset(self.model))
        result = validated.result
        critical = result.failed_critical
        mail_once(
            f"validation/{run.dag_id}/{run.run_id}",
            {self.spec.owner.email, *self.spec.alerts.to},
            "validation_failed",
            title=self.spec.title,
            model=self.model,
            as_of=run.as_of,
            rows=result.rows,
            checks=len(result.checks),
            failed=[check.finding for check in critical],
            warnings=[check.finding for check in result.failed if check not in critical],
            snapshot_digest=self.snapshot,
            cause=run.cause,
            link=run_link(run.dag_id, run.run_id),
            report=page_link(validated.page),
        )
