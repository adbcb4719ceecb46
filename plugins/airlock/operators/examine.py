"""ExamineOperator: what the best candidate does to groups, where it fails, and why it answers as it does."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from airlock.operators.base import ModelOperator, database


class ExamineOperator(ModelOperator):
    """
    Examine the candidate that the evaluation chose; return the digest of what was found.

    :param snapshot: the snapshot's digest.
    :param candidates: what the train tasks returned.
    :param evaluation: what the evaluate task returned.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "snapshot", "candidates", "evaluation")

    def __init__(self, *, snapshot: str, candidates: Any, evaluation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot
        self.candidates = candidates
        self.evaluation = evaluation

    def execute(self, context: Context) -> dict[str, str]:
        from airlock.chain.examination import examine
        from airlock.governance import deployments

        with database().connect() as connection:
            champion = deployments.champion(connection, self.model)
        best = self.evaluation["best"]
        digest = examine(
            self.spec,
            self.snapshot,
            next(one["package"] for one in self.candidates if one["candidate"] == best),
            champion_package=champion.package_digest if champion else None,
            store=self.store,
        )
        return {"digest": digest}
