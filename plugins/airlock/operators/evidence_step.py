"""EvidenceStepOperator: what registering and refusing have in common."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.assets import retrain_asset
from airlock.operators.base import ModelOperator
from airlock.operators.release_step import refuse_deployment
from airlock.operators.run import run_of


class EvidenceStepOperator(ModelOperator):
    """
    A step that acts on a judged candidate.

    :param evidence: the digest of its evidence.
    :param dossier: the digest of its dossier.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "evidence", "dossier")

    def __init__(self, *, evidence: str, dossier: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.evidence = evidence
        self.dossier = dossier

    def prove_own(self, context: Context) -> None:
        """Prove that evidence and dossier are of one candidate, and that this run has made it.

        Raises
        ------
        AirflowFailException
            When they are not: whoever may edit an XCom could name others. That is logged.
        """
        from airlock.dossier.errors import DossierError
        from airlock.store import StoreError

        try:
            because = self._objection(context)
        except (DossierError, StoreError) as error:
            because = str(error)
        if because:
            digests = {"evidence_digest": self.evidence, "dossier_digest": self.dossier}
            refuse_deployment(context, self.model, because, **digests)
            raise AirflowFailException(because)

    def _objection(self, context: Context) -> str:
        from airlock.chain.registration import EVIDENCE
        from airlock.dossier.proof import prove_dossier

        run, facts = run_of(context, retrain_asset(self.model)), self.store.json(EVIDENCE, self.evidence)
        model, dag_run_id, trained_by = (facts[key] for key in ("model", "dag_run_id", "trained_by"))
        if (model, dag_run_id, trained_by) != (self.model, run.run_id, run.started_by):
            return (
                f"The evidence is of the run {dag_run_id} of {model} that {trained_by} started, not of this "
                "one: what the task gate returned was changed. Look for who did, and train again."
            )
        digests = {"package_digest": facts["package"], "evidence_digest": self.evidence}
        prove_dossier(self.store, self.dossier, **digests)
        return ""
