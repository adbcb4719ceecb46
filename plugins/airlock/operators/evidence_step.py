"""EvidenceStepOperator: what registering and refusing have in common."""

from collections.abc import Sequence
from typing import Any

from airlock.operators.base import ModelOperator


class EvidenceStepOperator(ModelOperator):
    """
    A step that acts on a judged candidate.

    :param evidence: the digest of its evidence.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "evidence")

    def __init__(self, *, evidence: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.evidence = evidence
