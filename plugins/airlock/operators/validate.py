"""ValidateOperator: hold a snapshot against the model's expectation suite."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, timezone

from airlock.operators.assets import retrain_asset
from airlock.operators.base import ModelOperator, database
from airlock.operators.failure import ExplainedFailure
from airlock.operators.links import page_link, quarantine_link, run_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import Run, name_of_run, run_of
from airlock.settings import settings

if TYPE_CHECKING:
    from airlock.chain.validation import Validated


class ValidateOperator(ModelOperator):
    """
    Set rows at fault aside and hold the others against the suite.

    Too many rows at fault, or a critical expectation that the others fail, stops the run.

    :param snapshot: the snapshot's digest.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "snapshot")

    def __init__(self, *, snapshot: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.validation import validate_snapshot

        run = run_of(context, retrain_asset(self.model))
        validated = validate_snapshot(
            self.spec,
            self.snapshot,
            store=self.store,
            models=settings().models,
            engine=database(),
            dag_run_id=run.run_id,
            at=timezone.utcnow(),
        )
        self.log.info("The result can be read at %s", page_link(validated.page))
        for sentence in validated.set_aside:
            self.log.warning(sentence)
        if validated.problems:
            self._mail(run, validated)
            raise ExplainedFailure(f"The data fail the suite: {' '.join(validated.problems)}")
        return {
            "digest": validated.digest,
            "page": validated.page,
            "snapshot": validated.snapshot,
            "quarantine": validated.quarantine_digest,
        }

    def _mail(self, run: Run, validated: "Validated") -> None:
        result = validated.result
        critical = result.failed_critical
        mail_once(
            f"validation/{name_of_run(run)}",
            {self.spec.owner.email, *self.spec.alerts.to},
            "validation_failed",
            title=self.spec.title,
            model=self.model,
            as_of=run.as_of,
            rows=result.rows,
            checks=len(result.checks),
            failed=[check.finding for check in critical],
            warnings=[check.finding for check in result.failed if check not in critical],
            set_aside=validated.set_aside,
            snapshot_digest=self.snapshot,
            cause=run.cause,
            link=run_link(run.dag_id, run.run_id),
            report=page_link(validated.page),
            quarantine=quarantine_link(self.model),
        )
