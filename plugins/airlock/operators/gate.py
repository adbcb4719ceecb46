"""GateOperator: hold the figures against the limits, and keep the evidence and the dossier."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseBranchOperator, Context

from airlock.operators.assets import retrain_asset
from airlock.operators.base import ModelOperator
from airlock.operators.run import run_of


class GateOperator(ModelOperator, BaseBranchOperator):
    """
    Judge the best candidate, keep evidence and dossier under their digests, and go on to register or refuse.

    :param snapshot: the snapshot's digest.
    :param validation: what the validate task returned.
    :param candidates: what the train tasks returned.
    :param evaluation: what the evaluate task returned.
    """

    template_fields: Sequence[str] = (
        *ModelOperator.template_fields,
        "snapshot",
        "validation",
        "candidates",
        "evaluation",
    )

    def __init__(
        self, *, snapshot: str, validation: Any, candidates: Any, evaluation: Any, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot
        self.validation = validation
        self.candidates = candidates
        self.evaluation = evaluation

    def choose_branch(self, context: Context) -> str:
        from airlock.chain.gate import gate

        lineage = run_of(context, retrain_asset(self.model)).lineage(self.snapshot)
        ruling = gate(
            self.spec,
            lineage,
            validation=self.validation["digest"],
            made=list(self.candidates),
            evaluation=self.evaluation,
            champion_version=self.evaluation["champion_version"],
            store=self.store,
        )
        for verdict in ruling.verdicts:
            self.log.info("%s: %s", "passed" if verdict.passed else "FAILED", verdict.sentence)
        context["ti"].xcom_push(key="evidence", value=ruling.evidence_digest)
        context["ti"].xcom_push(key="dossier", value=ruling.dossier_digest)
        return "register" if ruling.passed else "refuse"
