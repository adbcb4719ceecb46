"""TrainOperator: fit one candidate."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

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
        from airlock.chain.training import make_candidate

        lineage = run_of(context, retrain_asset(self.model)).lineage(self.snapshot)
        return make_candidate(self.spec, self.candidate, lineage, store=self.store, models=settings().models)
