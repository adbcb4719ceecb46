"""TrainOperator: fit one candidate."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from airlock.code_version import code_version
from airlock.operators.assets import retrain_asset
from airlock.operators.base import ModelOperator
from airlock.operators.run import run_of
from airlock.settings import settings


class TrainOperator(ModelOperator):
    """
    Fit one candidate on the snapshot's training rows, package it and track it in MLflow.

    :param snapshot: the snapshot's digest.
    :param candidate: the candidate's name in the spec; mapped over all of them.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "snapshot", "candidate")

    def __init__(self, *, snapshot: str, candidate: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot
        self.candidate = candidate

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.lineage import Lineage
        from airlock.chain.training import make_candidate

        run = run_of(context, retrain_asset(self.model))
        lineage = Lineage(run.run_id, run.started_by, run.cause, run.as_of, self.snapshot, code_version())
        return make_candidate(self.spec, self.candidate, lineage, store=self.store, models=settings().models)
