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

    :param snapshot: the digest of the rows that were trained on.
    :param admission, validation, inspection, candidates, evaluation, examination: what the tasks before
        returned.
    """

    template_fields: Sequence[str] = (
        *ModelOperator.template_fields,
        "snapshot",
        "admission",
        "validation",
        "inspection",
        "candidates",
        "evaluation",
        "examination",
    )

    def __init__(
        self,
        *,
        snapshot: str,
        admission: Any,
        validation: Any,
        inspection: Any,
        candidates: Any,
        evaluation: Any,
        examination: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot
        self.admission = admission
        self.validation = validation
        self.inspection = inspection
        self.candidates = candidates
        self.evaluation = evaluation
        self.examination = examination

    def choose_branch(self, context: Context) -> str:
        from airlock.chain.gate import Found, gate

        lineage = run_of(context, retrain_asset(self.model)).lineage(self.snapshot)
        ruling = gate(
            self.spec,
            lineage,
            Found(
                admission=self.admission["digest"],
                validation=self.validation["digest"],
                quarantine=self.validation["quarantine"],
                inspection=self.inspection["digest"],
                evaluation=self.evaluation["evaluation"],
                examination=self.examination["digest"],
            ),
            made=list(self.candidates),
            champion_version=self.evaluation["champion_version"],
            store=self.store,
        )
        for verdict in ruling.verdicts:
            self.log.info("%s: %s", "passed" if verdict.passed else "FAILED", verdict.sentence)
        context["ti"].xcom_push(key="evidence", value=ruling.evidence_digest)
        context["ti"].xcom_push(key="dossier", value=ruling.dossier_digest)
        return "register" if ruling.passed else "refuse"
