"""EvaluateOperator: measure the best candidate, beside the champion, on rows neither has seen."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from airlock.operators.base import ModelOperator, database


class EvaluateOperator(ModelOperator):
    """
    Score the hold-out with every candidate and the champion; return the digest of the figures.

    :param snapshot: the snapshot's digest.
    :param candidates: what the train tasks returned.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "snapshot", "candidates")

    def __init__(self, *, snapshot: str, candidates: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot
        self.candidates = candidates

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.evaluation import evaluate_candidates
        from airlock.governance import deployments

        with database().connect() as connection:
            champion = deployments.champion(connection, self.model)
        evaluated = evaluate_candidates(
            self.spec,
            self.snapshot,
            list(self.candidates),
            champion_package=champion.package_digest if champion else None,
            store=self.store,
        )
        return {**evaluated, "champion_version": champion.version if champion else None}
