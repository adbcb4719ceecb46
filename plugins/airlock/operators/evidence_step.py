"""EvidenceStepOperator: what registering and refusing have in common."""

from collections.abc import Sequence
from typing import Any

from airlock.operators.base import ModelOperator


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
