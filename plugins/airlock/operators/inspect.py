"""InspectOperator: look at a snapshot's rows before anything learns from them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

from airlock.operators.assets import retrain_asset
from airlock.operators.base import ModelOperator
from airlock.operators.failure import ExplainedFailure
from airlock.operators.links import run_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import name_of_run, run_of

if TYPE_CHECKING:
    from airlock.inspection.inspection import Inspection


class InspectOperator(ModelOperator):
    """
    Look for leaks, missing groups, biased records and doubles; what the spec does not accept stops the run.

    :param snapshot: the snapshot's digest.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "snapshot")

    def __init__(self, *, snapshot: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot

    def execute(self, context: Context) -> dict[str, str]:
        from airlock.chain.inspection import inspect_snapshot

        inspected = inspect_snapshot(self.spec, self.snapshot, store=self.store)
        for finding in inspected.inspection.findings:
            self.log.info("%s", finding.sentence)
        if stopping := inspected.inspection.stopping:
            self._mail(context, inspected.inspection)
            sentences = " ".join(check.sentence for check in stopping)
            raise ExplainedFailure(f"Nothing should learn from these data: {sentences}")
        return {"digest": inspected.digest}

    def _mail(self, context: Context, inspection: "Inspection") -> None:
        from airlock.mail.facts import Objection

        run = run_of(context, retrain_asset(self.model))
        mail_once(
            f"inspection/{name_of_run(run)}",
            {self.spec.owner.email, *self.spec.alerts.to},
            "inspection_failed",
            title=self.spec.title,
            model=self.model,
            as_of=run.as_of,
            rows=inspection.rows,
            checks=len(inspection.checks),
            failed=[Objection(check.sentence, check.mend, check.acceptance) for check in inspection.stopping],
            warnings=[check.sentence for check in inspection.warnings],
            snapshot_digest=self.snapshot,
            cause=run.cause,
            link=run_link(run.dag_id, run.run_id),
        )
